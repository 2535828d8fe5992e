"""Brings a database to the newest schema, inside the caller's transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from rulekit.errors import StoreError


def configuration() -> Config:
    """Returns Alembic's settings, with the scripts inside this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection, version: str | None, name: str) -> None:
    """Runs every revision after `version`; raises StoreError when a newer rulekit wrote the database."""
    config = configuration()
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"the store {name} was written by a newer rulekit (its schema is {version})",
            help="install that version of rulekit-engine, or point `[store] url` at another file",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
