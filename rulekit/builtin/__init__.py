"""The data sources and senders that ship inside, registered through the hooks that plugins use.

No other room imports them: the engine hands them to the plugin loader, by name and in this order.
"""

from collections.abc import Mapping

from rulekit.builtin import duckdb, files, folder, smtp

BUILTIN_PLUGINS: Mapping[str, object] = {"files": files, "duckdb": duckdb, "folder": folder, "smtp": smtp}
