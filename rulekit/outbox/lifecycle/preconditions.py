"""What guards of several transitions ask of an email; they read the same over columns and over values.

See `rulekit.outbox.lifecycle.transition`.
"""

from sqlalchemy import ColumnElement

from rulekit.outbox.lifecycle.transition import EmailRow, Given, either, is_empty
from rulekit.records import State

# compared with, rather than negated, because `not` cannot be said of a column
NO = False


def lease_over(row: EmailRow, given: Given) -> ColumnElement[bool]:
    """Says whether a worker has had the email for too long."""
    return row.lease_until <= given.now


def may_go_again(row: EmailRow, given: Given) -> ColumnElement[bool]:
    """Says whether the same bytes may leave once more, of an email that the server may have taken.

    What counts is the first moment at which it may have: the provider's window begins with what it took first.
    """
    policy = either(row.uncertain, given.uncertain)
    first = either(either(row.doubted_at, row.left_at), given.now)
    return (policy == "resend") | ((policy == "idempotent") & (first > given.window_began))


def is_in_question(row: EmailRow, given: Given) -> ColumnElement[bool]:
    """Says whether nobody knows if the email arrived: one that is about to be sent again may have, as well."""
    return (row.state == State.UNCERTAIN.value) | (is_empty(row.doubted_at) == NO)


def cannot_have_arrived(row: EmailRow, given: Given) -> ColumnElement[bool]:
    """Says whether no earlier attempt can have left a copy with the server."""
    return is_empty(row.doubted_at)
