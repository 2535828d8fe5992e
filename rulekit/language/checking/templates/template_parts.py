"""Templates: their parts, and the files in which bodies stand."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.diagnostics.source import SourceText
from rulekit.language import tree
from rulekit.language.checking.findings import Findings, attempted, replacement
from rulekit.language.program import Template, TemplateText
from rulekit.language.project_texts import BODY_ENDINGS
from rulekit.language.reading import NO_SUCH_FILE
from rulekit.suggestions import suggest

BODIES = ("html", "markdown", "text")
PARTS = ("subject", *BODIES, "from", "reply_to", "preheader")


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The files that templates may name: `paths` below the project are only for suggestions."""

    findings: Findings
    paths: Collection[str]


def check_template_parts(
    declared: Mapping[str, tree.TemplateDeclaration], paths: Collection[str], findings: Findings
) -> dict[str, Template]:
    """Returns the templates in the order of names, without parts that have errors; their texts are not looked into."""
    files = TemplateFiles(findings, paths)
    ordered = [declared[name] for name in sorted(declared)]
    return {template.name: template for template in attempted(lambda one: _template(one, files), ordered)}


def is_path(text: str) -> bool:
    """Returns whether the text of a body is the path of a file."""
    return text.casefold().endswith(BODY_ENDINGS) and not any(character.isspace() for character in text)


def _template(declaration: tree.TemplateDeclaration, files: TemplateFiles) -> Template:
    parts = _parts(declaration, files.findings)
    _require_parts(declaration, parts, files.findings)
    texts = dict(attempted(lambda item: (item[0], _text(*item, files)), parts.items()))
    name = declaration.name.text
    return Template(
        name=name,
        title=declaration.title.text if declaration.title else name,
        subject=texts.get("subject") or TemplateText("", None, declaration.head),
        html=texts.get("html"),
        markdown=texts.get("markdown"),
        text=texts.get("text"),
        sender=texts.get("from"),
        reply_to=texts.get("reply_to"),
        preheader=texts.get("preheader"),
        span=declaration.span,
    )


def _parts(declaration: tree.TemplateDeclaration, findings: Findings) -> dict[str, tree.TemplatePart]:
    parts: dict[str, tree.TemplatePart] = {}
    for part in declaration.parts:
        name = part.name.text
        if name not in PARTS:
            _report_unknown(part.name, findings)
        elif parts.setdefault(name, part) is not part:
            findings.report(
                codes.DUPLICATE_PART,
                f"`{name}` is given twice",
                part.span,
                "given again",
                secondary=(Label(parts[name].span, "given first here"),),
                help="remove one of the two",
            )
    return parts


def _report_unknown(name: tree.Name, findings: Findings) -> None:
    help, fixes = findings.meant(name.text, PARTS, name.span)
    all_names = f"use one of {', '.join(PARTS)}"
    message = f"unknown part `{name.text}` of a template"
    findings.report(codes.UNKNOWN_PART, message, name.span, "no such part", help=help or all_names, fixes=fixes)


def _require_parts(
    declaration: tree.TemplateDeclaration, parts: dict[str, tree.TemplatePart], findings: Findings
) -> None:
    # a misspelled part may be the very one that seems to be missing
    misspelled = {suggest(part.name.text, PARTS) for part in declaration.parts if part.name.text not in PARTS}
    name = declaration.name.text
    if "subject" not in parts and "subject" not in misspelled:
        message, help = f"template `{name}` has no subject", 'add a line like `subject "Welcome"`'
        findings.report(codes.MISSING_PART, message, declaration.head, help=help)
    elif not parts.keys() & set(BODIES) and not misspelled & set(BODIES):
        message, help = f"template `{name}` has no body", 'add a line like `html "templates/welcome.html"`'
        findings.report(codes.MISSING_PART, message, declaration.head, help=help)
    if "html" in parts and "markdown" in parts:
        findings.report(
            codes.CONFLICTING_PARTS,
            f"template `{name}` has both `html` and `markdown`",
            parts["markdown"].span,
            "the HTML would be made from this",
            secondary=(Label(parts["html"].span, "the HTML is given here"),),
            help="keep one of the two",
        )


def _meant(written: str, paths: Iterable[str]) -> str | None:
    """Returns the path that was probably meant: near as a whole, and in its file's name without the ending."""
    stem = PurePosixPath(written).stem
    others = (path for path in paths if path != written)
    return suggest(written, [path for path in others if suggest(stem, [PurePosixPath(path).stem])])


def _text(name: str, part: tree.TemplatePart, files: TemplateFiles) -> TemplateText:
    written = part.value
    if name not in BODIES or not is_path(written.text):
        return TemplateText(written.text, None, written.span)
    source = files.findings.read(written.text)
    if isinstance(source, SourceText):
        return TemplateText(source.text, source.path, written.span)
    if source.code is not codes.UNREADABLE_FILE:
        files.findings.add(source)
    nearest = _meant(written.text, files.paths)
    fixes = (replacement(written.span, f'"{nearest}"'),) if nearest else ()
    return files.findings.fail(
        codes.MISSING_TEMPLATE_FILE,
        f"`{written.text}` cannot be read",
        written.span,
        "no such file below the project" if source.message == NO_SUCH_FILE else source.message,
        help=f'write `"{nearest}"`'
        if nearest
        else "make the file, or write its path from the folder of `rulekit.toml`",
        fixes=fixes,
    )
