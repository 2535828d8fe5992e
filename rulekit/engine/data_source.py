"""The data of a project: its people, companies and events, wherever the settings say they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from rulekit.engine.project import Project
from rulekit.environment import fill
from rulekit.errors import SettingsError
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.folders import settings_home
from rulekit.records import SourceRequest


@contextmanager
def open_project_data(project: Project) -> Iterator[Data]:
    """Opens the project's people, companies and events; raises SourceError when a source cannot be read."""
    section = project.settings.source
    scheme = section.url.partition(":")[0]
    filled = fill(section.url)
    with filled.concealing():
        source = project.plugins.source(scheme)(SourceRequest(filled.url, settings_home(project.folder)))
        mapping = section.mapping() or source.default_mapping()
        if mapping is None:
            raise SettingsError(
                f"rulekit.toml does not say which table of `{scheme}:` holds people",
                help="add a section `[source.person]` with `table` and `key`",
            )
        with open_data(project.program.schema, source, mapping, section.timezone, project.settings.timezone) as data:
            yield data
