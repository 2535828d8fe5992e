"""The data of a project: its people, companies and events, wherever the settings say they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rulekit.engine.project import Project
from rulekit.environment import fill
from rulekit.errors import SettingsError
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.folders import settings_home
from rulekit.hooks.manager import Plugins
from rulekit.records import Source, SourceMapping, SourceRequest
from rulekit.settings.model import Settings, SourceSection
from rulekit.value_spelling import Spelling


@contextmanager
def open_source(folder: Path, settings: Settings, plugins: Plugins) -> Iterator[Source]:
    """Opens the source of a project's settings, whose secrets are in no error; raises SourceError."""
    section = settings.source
    filled = fill(section.url)
    with filled.concealing():
        yield plugins.source(section.url.partition(":")[0])(SourceRequest(filled.url, settings_home(folder)))


@contextmanager
def open_project_data(project: Project) -> Iterator[Data]:
    """Opens the project's people, companies and events; raises SourceError when a source cannot be read."""
    section, zone = project.settings.source, project.settings.timezone
    with open_source(project.folder, project.settings, project.plugins) as source:
        mapping = require_mapping(section, source)
        with open_data(project.program.schema, source, mapping, section.timezone, zone) as data:
            yield data


def require_mapping(section: SourceSection, source: Source) -> SourceMapping:
    """Returns where people, companies and events stand, by the settings or by the source; raises SettingsError."""
    mapping = section.mapping() or source.default_mapping()
    if mapping is None:
        scheme = section.url.partition(":")[0]
        raise SettingsError(
            f"rulekit.toml does not say which table of `{scheme}:` holds people",
            help="add a section `[source.person]` with `table` and `key`; `rulekit schema pull` drafts one",
        )
    return _spelt(mapping, section.spelling())


def _spelt(mapping: SourceMapping, outer: Spelling) -> SourceMapping:
    """Returns the tables of a source with what it says of the values of all of them."""
    return SourceMapping(
        replace(mapping.person, spellings=mapping.person.spellings.within(outer)),
        mapping.company and replace(mapping.company, spellings=mapping.company.spellings.within(outer)),
        tuple(replace(events, spellings=events.spellings.within(outer)) for events in mapping.events),
    )
