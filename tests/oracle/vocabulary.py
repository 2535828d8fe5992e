"""The words, types and values that generated rules and worlds are made of: few, so that rules and data often meet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from rulekit.language import program as p
from rulekit.language.types import BOOL, DATE, DURATION, LIST_OF_TEXT, NUMBER, TEXT, TIME, Kind, Type

Declared = Mapping[str, p.FieldType]

TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOWS = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=UTC)]
ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"]
LENGTHS = [DAY, 2 * DAY, HOUR, 3 * DAY]
OFFSETS = [timedelta(0), HOUR, 2 * HOUR, DAY, DAY + HOUR, 2 * DAY, 3 * DAY, 4 * DAY, 6 * DAY]
TEXTS = [
    "a",
    "",
    "b",
    "A",
    "ab",
    "100%",
    "a_b",
    "_",
    'q"uote',
    "O'Hara",
    "\\",
    "ü",
    "Ü",
    "日本",
    "～",
    "\U0001d521",
    "🎉a",
]
MORE_TEXTS = ["two\nlines", "İ", "ΑΣ", "ẞ", "a\u0301", "\u00e1", "x" * 300, "\t", "NULL", "1"]
PATTERNS = ["a.*", "[a-z]+", "(a|b)+", ".", "", "[0-9]+%", r".*\\.*", "ü|Ü", "(?i)A", r"\w+", "[^a]*", "a|ab"]
CHOICES = [("free", "pro"), ("a", "A", "ü"), ("b",), ("pro", "100%", 'q"uote')]
ONE_OF = Type(Kind.ONE_OF, ())
TYPES = [NUMBER, TEXT, TIME, BOOL, DURATION, DATE, LIST_OF_TEXT, ONE_OF]
PERSON_FIELDS = ("x", "y", "z", "in", "last_login", "Plan", "where", "last")
COMPANY_FIELDS = ("arr", "x", "between", "not")
EVENTS = ["bought", "seen", "left_early", "then"]
PROPERTIES = ("amount", "x", "sku", "of")
KEYWORDS = {"in", "not", "of"}
NUMBERS = [0, 1, 2, 3, -1, 10, 50_000, Decimal("0.5"), Decimal("0.1"), Decimal("-2.25"), Decimal("0.30")]
