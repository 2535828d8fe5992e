"""How rulekit is extended: import `hookimpl` from here, and the records a hook returns from `rulekit.records`.

A plugin is a module (or object) registered under the entry-point group `rulekit`::

    from rulekit.hooks import hookimpl

    @hookimpl
    def register_sources():
        return {"git": open_git}
"""

import pluggy

PROJECT_NAME = "rulekit"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)

__all__ = ["PROJECT_NAME", "hookimpl", "hookspec"]
