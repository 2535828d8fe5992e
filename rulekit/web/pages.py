"""The pages as answers: small, complete in themselves, and kept by nobody."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

HTML = Path(__file__).parent / "html"
STYLE = (HTML / "style.css").read_text(encoding="utf-8")
_STYLE_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

# what is said of a status: a title, and a sentence
REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("This did not arrive whole", "Nothing was changed. Open the link in the email and try again."),
    404: ("There is nothing here", "Open the link at the end of the email."),
    405: ("This cannot be done here", "Nothing was changed. Open the link in the email with a web browser."),
    413: ("This is too much", "Nothing was changed. Open the link in the email and try again."),
    500: ("Something went wrong", "Nothing is certain to have been changed. Please try again later."),
    503: ("This did not work", "Nothing was changed. Please try again in a few minutes."),
}


class Pages:
    """Makes the answers; `contact` is where a person may write when a link does not work."""

    def __init__(self, contact: str) -> None:
        self._contact = contact
        self._html = Environment(
            loader=FileSystemLoader(HTML), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    def ask(self, address: str, status: int = 200) -> Response:
        """Returns the page that asks what to stop."""
        return self._page("ask.html", status, address=mask(address))

    def done(self, address: str, *, only_kind: bool) -> Response:
        """Returns the page that says what was stopped."""
        return self._page("done.html", 200, address=mask(address), only_kind=only_kind)

    def bad_link(self) -> Response:
        """Returns the page for a link that nobody made like that."""
        return self._page("bad_link.html", 400)

    def refusal(self, status: int, headers: Mapping[str, str] | None = None) -> Response:
        """Returns the page that says why nothing was done."""
        title, text = REFUSALS.get(status, REFUSALS[400])
        return self._page("refusal.html", status, headers, title=title, text=text)

    def _page(self, name: str, status: int, headers: Mapping[str, str] | None = None, **values: object) -> Response:
        # the style is our own file, and its digest in the policy is that of exactly this text
        style = Markup(STYLE)  # noqa: S704
        html = self._html.get_template(name).render(values, contact=self._contact, style=style)
        return HTMLResponse(html, status, {**HEADERS, **(headers or {})})


def mask(address: str) -> str:
    """Returns an address that its owner knows again and a passer-by does not learn: `a…@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
