"""How tests are laid out: each record, event and instant on a line of its own."""

from rulekit.language.formatting.condition_layout import Parts, find, listed, separated
from rulekit.language.formatting.declaration_layout import DeclarationLayout, body, head
from rulekit.language.formatting.document import SPACE, Doc, Group, Nest, spaced


class Layout(DeclarationLayout):
    """The rules of tests, on top of all others."""

    def test(self, parts: Parts) -> Doc:
        """`test "…":` with one statement on each line."""
        start = find("COLON", parts) + 1
        return (head(parts[:start]), body(parts[start:]))

    def test_record(self, parts: Parts) -> Doc:
        """`person ada: email="…", company=acme`; values that do not fit stand below, one on each line."""
        start = find("COLON", parts) + 1
        if start > len(parts):
            return spaced(parts)
        return Group((head(parts[:start]), Nest((SPACE, separated(parts[start:])))))

    test_event = at = test_record

    def moment(self, parts: Parts) -> Doc:
        """An instant or a date, as it was written."""
        return parts[0]  # type: ignore[no-any-return]  # a word

    def link(self, parts: Parts) -> Doc:
        """`company=acme`."""
        return tuple(parts)

    def list_given(self, parts: Parts) -> Doc:
        """`tags=("a", "b")`."""
        return (*parts[:2], listed(parts[2:]))

    def expect_member(self, parts: Parts) -> Doc:
        """`expect ada not in Inactive14`, `approve Miss_You to ada`."""
        return spaced(parts)

    expect_email = expect_text = expect_none = act = expect_member
