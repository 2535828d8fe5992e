"""What may be logged of an error: what is known to name nobody.

A server, a plugin, a source or a person who halts sending may say anything, also who an email was for. Their words are
details of a `Reason`: they are in the store and on the terminal of whoever asks, and not in a log, which is kept
elsewhere and read by others.
"""

from rulekit.errors import PluginError, RulekitError, SourceError
from rulekit.records import Reason

# what a log says of a reason that is nothing but a detail
UNSAID = "in words that may name somebody; `rulekit sending status` has them"
# plugins raise these, too, and say first what it is about, then after a colon what comes from data
_OTHERS_SPEAK = (SourceError, PluginError)


def without_detail(value: object) -> object:
    """Returns a value for a log: of a `Reason` its text."""
    return value.text or UNSAID if isinstance(value, Reason) else value


def for_log(error: RulekitError) -> str:
    """Returns an error for a log: a detail may be data, and so may later lines."""
    said = str(without_detail(error.message))
    if isinstance(error, _OTHERS_SPEAK) and not isinstance(error.message, Reason):
        said = said.partition(": ")[0]
    return said.partition("\n")[0]
