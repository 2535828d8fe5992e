"""The schema's history. `HEAD` is the newest revision, kept here so that opening a current store needs no Alembic."""

HEAD = "0007"
