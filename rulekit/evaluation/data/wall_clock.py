"""Local times of a zone as instants and back."""

from sqlglot import exp

from rulekit.evaluation.data.sql_templates import INSTANT, fill


def to_utc(local: exp.Expr, zone: str) -> exp.Expr:
    """Returns the instant of a local time, both naive timestamps.

    A time that clocks skip is taken with the offset from before; of one that comes twice, it is the second.
    """
    # in UTC nothing needs to be shifted, and a bare column lets the engine skip what lies outside a window
    return local if zone == "UTC" else fill(INSTANT, fill("timezone(:zone, :x)", local, zone=zone))


def to_local(instant: exp.Expr, zone: str) -> exp.Expr:
    """Returns the local time at an instant, both naive timestamps."""
    return instant if zone == "UTC" else fill("timezone(:zone, timezone('UTC', :x))", instant, zone=zone)
