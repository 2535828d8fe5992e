"""What is left in an email that its author meant to fill in, or to take out again."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import SMTP

from rulekit.records import ComposedEmail, Reason
from rulekit_audit.options import Options

# of templates of all kinds: those of jinja, ERB and shells, of Mailchimp, and of mail merges
_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{0,80}\}\}|\{%[^%\n]{0,80}%\}|<%[^%\n]{0,80}%>|\$\{\w{1,40}\}"
    r"|\*\|[A-Z0-9_:]{1,40}\|\*|\[\[ ?\w{1,40} ?\]\]|%[A-Z_]{3,40}%"
)


def find(email: ComposedEmail, options: Options) -> Reason | None:
    """Returns why an email is not finished, or None."""
    texts = [email.subject, *_texts(email.message)]
    if options.placeholders:
        found = next((match[0] for text in texts if (match := _PLACEHOLDER.search(text))), None)
        if found is not None:
            # it may have come with the data of a person
            return Reason("a placeholder was not filled in", f"`{found}`")
    for word in options.words:
        if any(_holds(text, word) for text in texts):
            return Reason(f"it holds `{word}`")
    return None


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _texts(message: bytes) -> Iterator[str]:
    for part in message_from_bytes(message, policy=SMTP).walk():
        if part.get_content_maintype() == "text":
            yield str(part.get_content())
