"""What may be logged of an error: what is known to name nobody.

A server, a plugin, a source or a person who halts sending may say anything, also who an email was for. Their words are
in the store and on the terminal of whoever asks, and not in a log, which is kept elsewhere and read by others.
"""

import errno
import os
import re

from rulekit.errors import PluginError, RulekitError, SourceError, StoreError

UNSAID_BY_PLUGIN = "in words that may name somebody"
UNSAID = "in words that may name somebody; `rulekit sending status` has them"
# of these, what follows the first colon comes from data or from a plugin
_OTHERS_SPEAK = (SourceError, PluginError)
_DATABASE_SAYS = "the database says: "
_OUR_WORDS = re.compile(
    r"nothing is tried until \S+, after \d+ faults"
    r"|this clock is behind: emails were already sent at [\dTZ:.-]+Z"
    r"|the store's clock went (?:forward|back) by \d+d \d+h \d+m"
    r"|this clock is \d+ days ahead of all that was done here, at [\dTZ:.-]+Z"
    r"|sending is halted"
    r"|this store is a copy, or was moved or restored"
    r"|the store that was here is lost, and with it who was mailed and who unsubscribed"
    r"|the sender could not be opened"
    r"|the server answered (?:the greeting|the message|[A-Z]+) with \d{3}(?: [245]\.\d{1,3}\.\d{1,3}(?!\S))?"
)
_FAILED = re.compile(r"`\w+` failed(?:: \w+(?:Error|Exception)\b)?")
_OF_THE_SYSTEM = (
    *sorted({os.strerror(code) for code in errno.errorcode}, key=len, reverse=True),
    *("Name or service not known", "Temporary failure in name resolution", "No address associated with hostname"),
    *("no answer in time", "the connection broke", "the server's certificate is not trusted"),
)


def told(error: RulekitError) -> str:
    """Returns an error for a log: what a source, a plugin or a database adds may be data, and so may later lines."""
    message = error.message.partition("\n")[0]
    if isinstance(error, StoreError):
        before, says, _ = message.partition(_DATABASE_SAYS)
        return before + says.rstrip(": ")
    return message.partition(": ")[0] if isinstance(error, _OTHERS_SPEAK) else message


def what_failed(reason: str) -> str:
    """Returns which hook of a plugin failed, and the kind of its error, without what the error says."""
    found = _FAILED.match(reason)
    return found[0] if found else UNSAID_BY_PLUGIN


def why_paused(reason: str) -> str:
    """Returns why nothing is sent now, for a log: what of it is in our own words, and codes."""
    ours = _OUR_WORDS.findall(reason)
    system = next((words for words in _OF_THE_SYSTEM if words in reason), None)
    return ": ".join([*ours, *([system] if system else [])]) or UNSAID
