"""Files of rules and their layout: which ones are asked for, what each would become, and what is said about that."""

import os
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.display import plural
from rulekit.diagnostics.report import Case, Report
from rulekit.diagnostics.source import SourceText, Span
from rulekit.errors import LayoutError, RulekitError, SettingsError
from rulekit.files import read_start, replace_file
from rulekit.folders import find_project, roots_for
from rulekit.language.formatting import format_source
from rulekit.language.project_texts import RulesFolder
from rulekit.language.reading import decode, read_source


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A file, the text that is in it and the one that it should have, or the reports that say why there is none.

    `file` is None for a text that came from elsewhere, `fault` what is wrong with rulekit itself.
    """

    path: str
    file: Path | None
    before: SourceText
    text: str | None
    reports: tuple[Diagnostic, ...] = ()
    fault: LayoutError | None = None

    @property
    def changes(self) -> bool:
        """Returns whether the file would become another."""
        return self.text is not None and self.text != self.before.text

    @property
    def after(self) -> SourceText:
        """Returns the text that the file should have; the one that it has when nobody knows."""
        return self.before if self.text is None else SourceText(self.path, self.text)

    def write(self) -> None:
        """Writes the file if it changes."""
        if self.changes and self.text is not None and self.file is not None:
            replace_file(self.file, self.text.encode("utf-8"), *roots_for(self.file, None))


def lay_out_text(path: str, content: bytes) -> LaidOut:
    """Returns what the bytes of a file with that name become."""
    return _laid_out(path, None, decode(path, content), content)


def lay_out_files(paths: Sequence[Path], project: Path | None) -> Iterator[LaidOut]:
    """Yields what each file of rules below the paths becomes, one after the other; each file once.

    Files are named from the folder of their project, or as they were given when there is none.
    """
    seen: set[str] = set()
    for path in paths or [project or find_project(Path.cwd())]:
        for laid_out in _below(path, project) if path.is_dir() else [_of_file(path, project)]:
            # unlike `Path.resolve`, this takes a link that leads to itself
            place = os.path.realpath(laid_out.file or laid_out.path)
            if place not in seen:
                seen.add(place)
                yield laid_out


def _below(path: Path, project: Path | None) -> Iterator[LaidOut]:
    root = project.resolve() if project else _root(path) or path.resolve()
    folder = RulesFolder(root)
    chosen = [name for name in folder.rules if (root / name).is_relative_to(path.resolve())]
    if not chosen and path.resolve() != root:
        raise RulekitError(f"{path} holds no rules of the project in {root}", help="name files or folders with rules")
    for name in chosen:
        yield _read(root, name, folder.read(name))
    for report in folder.unlisted:
        yield _laid_out(report.primary.span.path if report.primary else "", None, report, b"")


def _of_file(path: Path, project: Path | None) -> LaidOut:
    root = project.resolve() if project else _root(path.parent)
    place = path.parent.resolve() / path.name
    if root is None or not place.is_relative_to(root):
        return _read(Path.cwd(), path.as_posix(), read_source(Path.cwd(), path.as_posix()))
    name = place.relative_to(root).as_posix()
    return _read(root, name, RulesFolder(root).read(name))


def _root(folder: Path) -> Path | None:
    try:
        return find_project(folder)
    except SettingsError:
        return None


def _read(root: Path, name: str, source: SourceText | Diagnostic) -> LaidOut:
    content = b"" if isinstance(source, Diagnostic) else read_start(root / name)
    return _laid_out(name, root / name, source, content)


def _laid_out(path: str, file: Path | None, source: SourceText | Diagnostic, content: bytes) -> LaidOut:
    """Returns what a source becomes; `content` is what it was read from, where a byte order mark may be."""
    if isinstance(source, Diagnostic):
        return LaidOut(path, file, SourceText(path, ""), None, (source,))
    marked = content.startswith(BOM_UTF8)
    before = SourceText(path, "\ufeff" + source.text) if marked else source
    try:
        answer = format_source(source)
    except LayoutError as fault:
        return LaidOut(path, file, before, None, (), fault)
    if isinstance(answer, str):
        return LaidOut(path, file, before, answer)
    return LaidOut(path, file, source, None, tuple(answer))


def report_on(laid_out: Sequence[LaidOut]) -> Report:
    """Returns what there is to say about files that nobody has written: one case for each."""
    cases = tuple(Case(one.path, one.path, _reports(one)) for one in laid_out)
    return Report("fmt", cases, {one.path: one.before for one in laid_out}, conclusion(laid_out, "would change"))


def conclusion(laid_out: Sequence[LaidOut], verb: str) -> str:
    """Returns how many files changed, stayed and could not be read, in words."""
    changed = sum(one.changes for one in laid_out)
    failed = sum(one.text is None for one in laid_out)
    parts = [f"{plural(changed, 'file')} {verb}"] if changed else []
    parts += [f"{plural(failed, 'file')} cannot be laid out"] if failed else []
    stayed = len(laid_out) - changed - failed
    parts += [f"{plural(stayed, 'file')} laid out already"] if stayed or not parts else []
    return ", ".join(parts)


def _reports(laid_out: LaidOut) -> tuple[Diagnostic, ...]:
    return (_unformatted(laid_out.before, laid_out.after),) if laid_out.changes else laid_out.reports


def _unformatted(before: SourceText, after: SourceText) -> Diagnostic:
    """Returns the report for a file that would change; it points at the first line that would."""
    lines = before.text.split("\n")
    pairs = enumerate(zip_longest(lines, after.text.split("\n")))
    number = min(next(i for i, (one, other) in pairs if one != other), len(lines) - 1)
    start = sum(len(line) + 1 for line in lines[:number])
    place = Span(before.path, start, start + len(lines[number].rstrip("\r")))
    whole = Edit(Span(before.path, 0, len(before.text)), after.text)
    return Diagnostic(
        codes.UNFORMATTED_FILE,
        "this file is not in the layout of `rulekit fmt`",
        Label(place, "the first line that would change"),
        help="run `rulekit fmt`",
        fixes=(Fix("lay the file out", (whole,), safe=True),),
    )
