"""What is done with emails that may have arrived, and whether the sender is such that it can be done."""

from dataclasses import dataclass
from datetime import timedelta

from rulekit.hooks.manager import Plugins
from rulekit.language.program import Program, Trigger
from rulekit.settings.model import Settings
from rulekit.uncertainty import Uncertainty


@dataclass(frozen=True, slots=True)
class MissingWindow:
    """Somebody relies on a provider that drops repeats, and the sender does not say that its provider does.

    That is the `trigger`, or the settings where it is None.
    """

    scheme: str
    trigger: Trigger | None = None

    @property
    def message(self) -> str:
        """Returns what is wrong."""
        where = f"the trigger {self.trigger.name}" if self.trigger else "`delivery.uncertain`"
        return f"{where} says `idempotent`, and the sender of `{self.scheme}:` does not say that repeats are dropped"

    @property
    def help(self) -> str:
        """Returns what to do."""
        return 'write "hold" to wait for a person, or "resend" where an email may arrive twice'


def missing_window(settings: Settings, plugins: Plugins, program: Program | None) -> MissingWindow | None:
    """Returns who relies in vain on a provider that drops repeats, the settings or one of the triggers, if anybody."""
    triggers = program.triggers.values() if program else ()
    relying = [trigger for trigger in triggers if trigger.uncertain == "idempotent"]
    by_settings = settings.delivery.uncertain == "idempotent"
    scheme = settings.sender.url.partition(":")[0]
    if not (relying or by_settings) or plugins.window(scheme) is not None:
        return None
    return MissingWindow(scheme, None if by_settings else relying[0])


def uncertainty_of(settings: Settings, plugins: Plugins) -> Uncertainty:
    """Returns what is done with emails that may have arrived."""
    window = plugins.window(settings.sender.url.partition(":")[0])
    return Uncertainty(settings.delivery.uncertain, window or timedelta(0))
