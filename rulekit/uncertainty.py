"""What is done with an email of which nobody can tell whether it arrived: the policies as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

# it waits for a person; it is sent again, and may arrive twice; or it is sent again while its provider drops a repeat
Policy = Literal["hold", "resend", "idempotent"]
POLICIES: tuple[Policy, ...] = get_args(Policy)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What the settings say of such emails, for triggers that do not say it themselves.

    `window` is how long the provider drops what it has taken before; it is nothing where the sender declares none.
    """

    policy: Policy = "hold"
    window: timedelta = timedelta(0)

    def began(self, now: datetime) -> datetime:
        """Returns the beginning of a window that ends now: what was taken later than that is still dropped."""
        return now - self.window


HOLD = Uncertainty()
