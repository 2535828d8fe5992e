"""Markdown (CommonMark, with tables and ~~strikethrough~~) as HTML, in which values of people are only text."""

from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rulekit.email.inert import restore, restore_on_a_line


class _Markdown(MarkdownIt):
    """Markdown where the target of a link is judged with the values in it."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library calls it
        """Returns the target as it is written into a page."""
        return super().normalizeLink(restore_on_a_line(url))


_MARKDOWN = _Markdown("commonmark", {"html": False}).enable(["table", "strikethrough"])
# where people see the lines of a value
_BLOCKS_OF_CODE = frozenset({"code_block", "fence"})


def html_from(markdown: str) -> str:
    """Returns what stands between the tags of a page's body; HTML inside the Markdown is shown, not taken over."""
    tokens = _MARKDOWN.parse(markdown)
    for token in _walk(tokens):
        token.content = (restore if token.type in _BLOCKS_OF_CODE else restore_on_a_line)(token.content)
        token.info = restore_on_a_line(token.info)
        token.attrs = {name: restore_on_a_line(str(value)) for name, value in token.attrs.items()}
    rendered: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return rendered


def _walk(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _walk(token.children or ())
