"""Why something is as it is, in words of which a part may name somebody."""

from typing import Self


class Reason(str):
    """Why something is as it is: a sentence, of which a log gets the `text` alone, as its detail may name somebody.

    A detail is what a server, a source or a person said, or a value of the data. Where more than a colon stands between
    the two, `sentence` says it all. It is stored and shown like any text, and what is made of it by the operations of
    `str` is one again, of which nothing is logged.
    """

    text: str

    def __new__(cls, text: str, detail: str = "", *, sentence: str = "") -> Self:
        """Makes a sentence; without a text all of it is a detail."""
        reason = super().__new__(cls, sentence or ": ".join(filter(None, (text, detail))))
        reason.text = text
        return reason

    @classmethod
    def of(cls, said: str) -> "Reason":
        """Returns what somebody said as a reason; nothing of a plain text is logged."""
        return said if isinstance(said, Reason) else Reason("", said)

    def behind(self, words: str) -> "Reason":
        """Returns the reason with words before it that name nobody."""
        return Reason(": ".join(filter(None, (words, self.text))), sentence=f"{words}: {self}")
