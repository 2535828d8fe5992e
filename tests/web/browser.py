"""As much of a web browser as a page without scripts needs: it reads pages, and presses the buttons of their forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

Attributes = dict[str, str | None]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, Attributes]] = []
        self.buttons: dict[str, tuple[Attributes, Attributes]] = {}
        self.text: list[str] = []
        self._open: list[str] = []
        self._form: Attributes = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "input", "br"):
            self._open.append(tag)
        if tag == "form":
            self._form = dict(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "button":
            self.buttons[data.strip()] = (self._form, self.tags[-1][1])
        if self._open and self._open[-1] not in ("style", "title", "html", "head"):
            self.text.append(data)


@dataclass
class Page:
    """A page that was opened: where, what it says, and its buttons by their words."""

    url: str
    status: int
    text: str
    tags: list[tuple[str, Attributes]] = field(repr=False)
    buttons: dict[str, tuple[Attributes, Attributes]] = field(repr=False)

    def press(self, words: str) -> "Page":
        """Submits the form of that button, as it says."""
        form, button = self.buttons[words]
        assert str(form["method"]).lower() == "post"
        body = urlencode({str(button["name"]): str(button["value"])}).encode()
        return open_page(urljoin(self.url, form.get("action") or self.url), body)


def open_page(url: str, body: bytes | None = None) -> Page:
    """Opens a page of an address that answers without fault."""
    with urlopen(Request(url, body), timeout=30) as answer:
        reader = _Reader()
        reader.feed(answer.read().decode("utf-8"))
        reader.close()
        text = " ".join(" ".join(reader.text).split())
        return Page(answer.url, answer.status, text, reader.tags, reader.buttons)
