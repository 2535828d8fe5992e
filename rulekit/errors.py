"""Every exception that rulekit raises on purpose, in one tree.

A diagnostic is collected and reported; an exception means "cannot go on"::

    RulekitError                 exit code 2
    ├── SettingsError            rulekit.toml, or what it points to, cannot be used
    ├── RulesError               the rules have errors, so nothing may run on them        (1)
    ├── LayoutError              a file cannot be laid out, which is a fault of rulekit
    ├── SourceError              a data source could not be reached or read               (4)
    ├── StoreError               the outbox store could not be opened or written
    │   └── TickLost             another tick wrote first; nothing of this one was written (1)
    ├── TransitionRefused        an outbox row is not in a state that allows the action   (1)
    ├── ComposeError             one email could not be made; other emails go on
    └── PluginError              a plugin is missing, broken or misused

The number is the exit code where it is not 2: 1 findings or a refused change, 4 incomplete.
"""


class RulekitError(Exception):
    """Anything that stops a command, said in the user's terms.

    `help` says what to do next and begins with a verb.
    """

    exit_code = 2

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class SettingsError(RulekitError):
    """The settings file, or what it points to, cannot be used."""


class RulesError(RulekitError):
    """The rules have errors, so nothing may run on them."""

    exit_code = 1


class LayoutError(RulekitError):
    """A file cannot be laid out without changing what it says, which is a fault of rulekit."""


class SourceError(RulekitError):
    """A data source could not be reached, read or trusted."""

    exit_code = 4


class StoreError(RulekitError):
    """The outbox store could not be opened, read or written."""


class TickLost(StoreError):
    """Another tick wrote first; nothing of this one was written."""

    exit_code = 1


class TransitionRefused(RulekitError):
    """An outbox row is not in a state that allows the action."""

    exit_code = 1


class ComposeError(RulekitError):
    """One email could not be made; other emails go on."""


class PluginError(RulekitError):
    """A plugin is missing, broken or misused."""
