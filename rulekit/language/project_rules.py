"""A project's rules: all its `.rules` files, read, parsed and checked as one namespace; its settings too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, has_errors, in_order
from rulekit.diagnostics.source import SourceText
from rulekit.folders import FILE_NAME, settings_file
from rulekit.language import tree
from rulekit.language.checker import check
from rulekit.language.parsing.parser import parse
from rulekit.language.program import Program
from rulekit.language.project_texts import RulesFolder
from rulekit.settings.wrong_settings import check_settings

if TYPE_CHECKING:
    from rulekit.settings.model import Settings

# after one of these a file's declarations are not all known, so nothing can be said about names
INCOMPLETE = (codes.TOO_MANY_MISTAKES, codes.FILE_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a project's files mean (`program` None when there is any error), all reports, and the texts they quote.

    `files` are their trees; none when some declarations are not known.
    """

    program: Program | None
    diagnostics: list[Diagnostic]
    sources: Mapping[str, SourceText]
    files: tuple[tree.File, ...]


def load_rules(project: Path, instead: Mapping[str, SourceText | Diagnostic] | None = None) -> Rules:
    """Returns the rules of a project's folder; reports are in the order of files and places.

    `instead` has what is taken for the text of some files, whatever stands in them.
    """
    return check_folder(RulesFolder(project.resolve(), dict(instead or {})))


def check_folder(folder: RulesFolder) -> Rules:
    """Returns the rules of a folder; reports are in the order of files and places."""
    files, reports = parse_files(folder)
    settings, wrong_settings = read_settings(folder)
    program = None
    if files is not None:
        program, found = check(files, folder.read, folder.bodies, settings)
        program = None if has_errors(reports) else program
        reports += found
    return Rules(program, in_order(reports + wrong_settings), folder.sources, tuple(files or ()))


def parse_files(folder: RulesFolder) -> tuple[list[tree.File] | None, list[Diagnostic]]:
    """Returns the trees of all files, or None when some declarations are not known, with what the parser reports."""
    reports = list(folder.unlisted)
    files: list[tree.File] = []
    complete = not reports
    for path in folder.rules:
        source = folder.read(path)
        if isinstance(source, Diagnostic):
            reports.append(source)
            complete = False
            continue
        file, mistakes = parse(source)
        files.append(file)
        reports += mistakes
        complete &= all(mistake.code not in INCOMPLETE for mistake in mistakes)
    return files if complete else None, reports


def read_settings(folder: RulesFolder) -> "tuple[Settings | None, list[Diagnostic]]":
    """Returns the settings, or None when there are none or they are wrong, with what is wrong with them."""
    if not settings_file(folder.root).is_file():
        return None, []
    source = folder.read(FILE_NAME)
    return (None, [source]) if isinstance(source, Diagnostic) else check_settings(source)
