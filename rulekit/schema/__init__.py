"""A schema drafted from a source, and what has drifted from the declared one."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rulekit.engine.data_source import open_source
from rulekit.engine.installed import installed_plugins
from rulekit.errors import SourceError
from rulekit.evaluation.data.confinement import connected
from rulekit.evaluation.data.source_tables import Tables
from rulekit.records import RecordMapping, Source, SourceMapping
from rulekit.schema.draft import Draft, make_draft
from rulekit.schema.guessed_layouts import LayoutGuesser
from rulekit.schema.roles import examine_table, find_roles, take_roles
from rulekit.schema.seen_tables import Mapped, Sight
from rulekit.settings.model import Settings

Say = Callable[[str], None]


def pull(folder: Path, settings: Settings, say: Say) -> Draft:
    """Returns a draft of what the source of a project holds; raises SourceError. `say` hears what is being done.

    Tables are those that the settings name, or the source where they name none. Where neither does, or the table of
    people cannot be read, all tables of the source are looked at, and what each of them holds is guessed.
    """
    with open_source(folder, settings, installed_plugins(folder, settings)) as source:
        mapping = settings.source.mapping() or source.default_mapping()
        draft = None if mapping is None else _draft(source, _parts(mapping), mapping, say)
        return draft or _draft(source, _tables_of(source), None, say) or Draft((), (), (), (), ())


def _draft(source: Source, mapped: Sequence[Mapped], mapping: SourceMapping | None, say: Say) -> Draft | None:
    with connected() as connection:
        ((private,),) = connection.execute("SELECT current_setting('temp_directory')").fetchall()
        guesser = LayoutGuesser(source, Path(private) if private else None)
        if mapping is None:
            mapped = [RecordMapping(one.table, layout=guesser.guess(one.table or "")) for one in mapped]
        sight = Sight.of(Tables(connection, source), mapped, say)
        examined = []
        for table in sight.seen:
            say(f"looking at {table.title}")
            examined.append(examine_table(sight, table))
        say("looking for people, companies and events")
        roles = find_roles(sight, examined) if mapping is None else take_roles(sight, examined, mapping)
        if roles is None:
            return None
        say("counting")
        return make_draft(sight, roles)


def _parts(mapping: SourceMapping) -> list[Mapped]:
    return [mapping.person, *([mapping.company] if mapping.company else []), *mapping.events]


def _tables_of(source: Source) -> list[Mapped]:
    listing = getattr(source, "tables", None)
    if listing is None:
        raise SourceError(
            "this source does not say which tables it has",
            help="name them under `[source.person]`, `[source.company]` and `[[source.events]]` in rulekit.toml",
        )
    return [RecordMapping(name) for name in listing()]
