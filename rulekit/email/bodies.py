"""The bodies of an email: HTML with its styles inlined, a page from Markdown, and MIME parts.

Nothing is fetched: style sheets behind links stay where they are.
"""

import base64
import re
from binascii import b2a_qp
from html import escape

import css_inline

from rulekit.email.commonmark import html_from
from rulekit.email.html_bounds import require_bounded
from rulekit.errors import ComposeError

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
_BODY = re.compile(r"""<body(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)

_LAYOUT = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 0; background: #ffffff; }}
.page {{ max-width: 600px; margin: 0 auto; padding: 24px; color: #222222;
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }}
.page img {{ max-width: 100%; height: auto; }}
.page pre {{ white-space: pre-wrap; }}
.page td, .page th {{ padding: 4px 8px; text-align: left; }}
.footer {{ margin-top: 32px; color: #666666; font-size: 13px; }}
</style>
</head>
<body>
<div class="page">
{content}{footer}</div>
</body>
</html>
"""
_HIDDEN = '<div style="display:none;max-height:0;overflow:hidden;opacity:0;mso-hide:all">{text}</div>'


def html_from_markdown(
    markdown: str, title: str, *, postal_address: str = "", unsubscribe_url: str | None = None
) -> str:
    """Returns a whole page of HTML; HTML inside the Markdown is shown, not taken over.

    The address and the link stand in a footer, unless the Markdown holds them itself.
    """
    footer = _footer(" ".join(markdown.split()), postal_address, unsubscribe_url)
    return _LAYOUT.format(title=escape(title), content=html_from(markdown), footer=footer)


def _footer(written: str, postal_address: str, unsubscribe_url: str | None) -> str:
    address = " ".join(postal_address.split())
    lines = [escape(address)] if address and address not in written else []
    if unsubscribe_url and unsubscribe_url not in written:
        lines.append(f'<a href="{escape(unsubscribe_url)}">Unsubscribe</a>')
    return f'<p class="footer">{"<br>".join(lines)}</p>\n' if lines else ""


def inline_styles(html: str) -> str:
    """Returns a whole, well-formed page with its styles moved to the elements; raises ComposeError."""
    require_bounded(html)
    try:
        return _INLINER.inline(html)
    except ValueError as error:
        raise ComposeError(f"its HTML or styles cannot be read: {error}", help="mend the HTML") from None


def hide_preheader(page: str, preheader: str) -> str:
    """Returns the page with a text at its start that only previews of an inbox show."""
    hidden = _HIDDEN.format(text=escape(preheader)) if preheader else ""
    return _BODY.sub(lambda body: body[0] + hidden, page, count=1)


def mime_part(subtype: str, text: str) -> bytes:
    """Returns a text as the headers and body of one MIME part, ASCII only, in the shorter of the two encodings."""
    lines = "\n".join(text.splitlines()) + "\n"
    content = lines.encode("utf-8", "replace").replace(b"\n", b"\r\n")
    quoted, encoded = b2a_qp(content, istext=True), base64.encodebytes(content).replace(b"\n", b"\r\n")
    name, body = ("quoted-printable", quoted) if len(quoted) <= len(encoded) else ("base64", encoded)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {name}\r\n\r\n'
    return head.encode("ascii") + body


def alternatives(text: bytes, html: bytes, boundary: str) -> bytes:
    """Returns two MIME parts as `multipart/alternative`; the boundary must stand in neither."""
    head = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    mark = f"--{boundary}".encode("ascii")
    return head.encode("ascii") + b"%b\r\n%b\r\n%b\r\n%b\r\n%b--\r\n" % (mark, text, mark, html, mark)
