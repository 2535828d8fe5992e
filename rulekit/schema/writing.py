"""Writes a draft into a project that has no schema yet; what is there stays as it is."""

from pathlib import Path

from rulekit.errors import RulekitError
from rulekit.files import create_file, place_of, read_start, replace_file
from rulekit.folders import FILE_NAME, settings_file
from rulekit.language.project_rules import load_rules
from rulekit.language.tree import EventDeclaration, RecordDeclaration
from rulekit.settings.model import Settings, read_settings

RULES_NAME = "schema.rules"
_HELP = "run it without `--write` and take over what you need, or see `rulekit schema diff`"


def write_draft(project: Path, settings: Settings, rules: str, sections: str) -> list[str]:
    """Writes the declarations into `schema.rules` and adds the sections to the settings; returns what was written.

    Raises RulekitError, before anything is written, where there is a schema, and where the settings would not do. The
    sections are left out where the settings name a table of people already.
    """
    target = place_of(project / RULES_NAME, project)
    if target.exists() or _has_schema(project):
        raise RulekitError("the project has a schema already; nothing was written", help=_HELP)
    written = [RULES_NAME]
    if settings.source.person is None:
        file = settings_file(project)
        text = read_start(file, project).decode("utf-8-sig").rstrip("\n") + "\n\n" + sections
        read_settings(text)
        replace_file(file, text.encode(), project)
        written.append(FILE_NAME)
    create_file(target, rules.encode(), mode=0o644)
    return written


def _has_schema(project: Path) -> bool:
    declarations = (one for file in load_rules(project).files for one in file.declarations)
    return any(isinstance(one, RecordDeclaration | EventDeclaration) for one in declarations)
