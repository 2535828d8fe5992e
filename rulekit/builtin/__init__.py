"""The data sources and senders that ship inside, registered through the hooks that plugins use.

No other room imports them: the engine hands them to the plugin loader, by name and in this order.
"""

from collections.abc import Mapping

from rulekit.builtin import duckdb_source, file_source, folder_sender, smtp_sender

BUILTIN_PLUGINS: Mapping[str, object] = {
    "files": file_source,
    "duckdb": duckdb_source,
    "folder": folder_sender,
    "smtp": smtp_sender,
}
