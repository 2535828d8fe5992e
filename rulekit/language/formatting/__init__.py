"""The one layout of rules: `format_source` gives a file's text as `rulekit fmt` writes it.

The words of a file, each with its comments (`leaves`), are parsed once more with rules that make layouts instead of a
tree (`condition_layout`, `declaration_layout`, `scenario_layout`); `file_layout` puts those together and `printer`
decides where lines end.
"""

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.source import SourceText
from rulekit.errors import LayoutError
from rulekit.language.formatting.file_layout import lay_out
from rulekit.language.formatting.meaning import same_meaning
from rulekit.language.formatting.printer import print_document
from rulekit.language.parsing.parser import parse


def format_source(source: SourceText) -> str | list[Diagnostic]:
    """Returns the text in its layout, or the reports that say why it cannot be read.

    Raises LayoutError when the layout would change what the file says, which is a fault of rulekit.
    """
    file, reports = parse(source)
    if reports:
        return reports
    text = print_document(lay_out(source))
    again, faults = parse(SourceText(source.path, text))
    if faults or not same_meaning(file, again):
        raise LayoutError(
            f"{source.path} was left as it is: laying it out would have changed what it says",
            help="report this file: it is a fault of rulekit, and the file can be used as it is",
        )
    return text
