"""The schema's history. `HEAD` is the newest revision, kept here so that only an upgrade needs Alembic."""

HEAD = "0009"
