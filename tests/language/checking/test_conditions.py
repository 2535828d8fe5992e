"""Every row of the language's tables of conditions and events, as the program that it means."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    And,
    Arithmetic,
    Comparison,
    Constant,
    Default,
    Did,
    Field,
    Function,
    InList,
    InPersona,
    InSegment,
    IsMissing,
    Lower,
    Negative,
    Not,
    Operator,
    Or,
    Period,
    Sequence,
    Step,
    TextOperator,
    TextTest,
    Within,
)
from rulekit.language.types import (
    BOOL,
    DATE,
    DURATION,
    LIST_OF_TEXT,
    NUMBER,
    TEXT,
    TIME,
    Kind,
    Type,
)

DAY = timedelta(days=1)
PLAN_TYPE = Type(Kind.ONE_OF, ("free", "pro", "enterprise"))
EMAIL = Field("person", "email", TEXT, False)
PLAN = Field("person", "plan", PLAN_TYPE, False)
SEATS = Field("person", "seats", NUMBER, False)
SCORE = Field("person", "score", NUMBER, True)
ADMIN = Field("person", "admin", BOOL, False)
TAGS = Field("person", "tags", LIST_OF_TEXT, False)
CREATED = Field("person", "created_at", TIME, False)
LOGIN = Field("person", "last_login", TIME, True)
BORN = Field("person", "born", DATE, True)
QUOTA = Field("person", "quota", DURATION, False)
ARR = Field("company", "arr", NUMBER, True)
AMOUNT = Field("event", "amount", NUMBER, False)
GIFT = Field("event", "gift", BOOL, False)
EVENTS = ("dashboard_viewed", "project_created", "project_live", "purchase", "signed_up")


def text(value):
    return Constant(value, TEXT)


def number(value):
    return Constant(value, NUMBER)


def days(count):
    return Constant(count * DAY, DURATION)


def is_true(value):
    return Comparison(Operator.EQ, value, Constant(True, BOOL))


def count(event="purchase", where=None, period=None, company=False, optional=False):
    return Aggregate(Function.COUNT, (event,), None, where, period, company, NUMBER, optional)


COMPARISONS = {
    'plan = "pro"': Comparison(Operator.EQ, PLAN, text("pro")),
    'plan != "pro"': Comparison(Operator.NE, PLAN, text("pro")),
    'email = "a@b.c"': Comparison(Operator.EQ, EMAIL, text("a@b.c")),
    "email < plan": Comparison(Operator.LT, EMAIL, PLAN),
    "seats <= 50_000": Comparison(Operator.LE, SEATS, number(50_000)),
    "seats > 12.5": Comparison(Operator.GT, SEATS, number(Decimal("12.5"))),
    "seats >= -1": Comparison(Operator.GE, SEATS, number(-1)),
    "seats < -score": Comparison(Operator.LT, SEATS, Negative(SCORE, NUMBER)),
    "seats = 50%": Comparison(Operator.EQ, SEATS, number(Decimal("0.50"))),
    "admin": is_true(ADMIN),
    "admin = false": Comparison(Operator.EQ, ADMIN, Constant(False, BOOL)),
    "default(admin, false)": is_true(Default(ADMIN, Constant(False, BOOL), BOOL)),
    "born = 2000-01-31": Comparison(Operator.EQ, BORN, Constant(date(2000, 1, 31), DATE)),
    "created_at < 2026-01-31T09:00Z": Comparison(
        Operator.LT, CREATED, Constant(datetime(2026, 1, 31, 9, tzinfo=UTC), TIME)
    ),
    "quota > 2h": Comparison(Operator.GT, QUOTA, Constant(timedelta(hours=2), DURATION)),
    "last_login > 14d": Comparison(Operator.GT, Age(LOGIN), days(14)),
    "14d < last_login": Comparison(Operator.LT, days(14), Age(LOGIN)),
    "born > 7d": Comparison(Operator.GT, Age(BORN), days(7)),
    "last_login > quota": Comparison(Operator.GT, Age(LOGIN), QUOTA),
    "last_login - created_at > 2d": Comparison(Operator.GT, Arithmetic("-", LOGIN, CREATED, DURATION), days(2)),
    "created_at + 2d < last_login": Comparison(Operator.LT, Arithmetic("+", CREATED, days(2), TIME), LOGIN),
    "2d + created_at < last_login": Comparison(Operator.LT, Arithmetic("+", CREATED, days(2), TIME), LOGIN),
    "quota * seats > 2 * 7d": Comparison(Operator.GT, Arithmetic("*", QUOTA, SEATS, DURATION), days(14)),
    "seats + 1 * 2 > score / 3": Comparison(
        Operator.GT,
        Arithmetic("+", SEATS, Arithmetic("*", number(1), number(2), NUMBER), NUMBER),
        Arithmetic("/", SCORE, number(3), NUMBER),
    ),
    "seats < 50% of score": Comparison(Operator.LT, SEATS, Arithmetic("*", number(Decimal("0.50")), SCORE, NUMBER)),
    "seats between 1 and 5": And(
        (Comparison(Operator.GE, SEATS, number(1)), Comparison(Operator.LE, SEATS, number(5)))
    ),
    "last_login between 7d and 14d": And(
        (Comparison(Operator.GE, Age(LOGIN), days(7)), Comparison(Operator.LE, Age(LOGIN), days(14)))
    ),
    'plan in ("free", "pro")': InList(PLAN, (text("free"), text("pro"))),
    "seats not in (1, -2)": Not(InList(SEATS, (number(1), number(-2)))),
    'email contains "@"': TextTest(TextOperator.CONTAINS, EMAIL, text("@")),
    'tags contains "vip"': TextTest(TextOperator.CONTAINS, TAGS, text("vip")),
    'email starts with "info"': TextTest(TextOperator.STARTS, EMAIL, text("info")),
    "email ends with first_name": TextTest(TextOperator.ENDS, EMAIL, Field("person", "first_name", TEXT, True)),
    'email matches "[a-z]+@.*"': TextTest(TextOperator.MATCHES, EMAIL, text("[a-z]+@.*")),
    'lower(email) = "x"': Comparison(Operator.EQ, Lower(EMAIL, TEXT), text("x")),
    "last_login is missing": IsMissing(LOGIN),
    "last_login is present": Not(IsMissing(LOGIN)),
    "default(score, 0) > 3": Comparison(Operator.GT, Default(SCORE, number(0), NUMBER), number(3)),
    "company.arr > 3": Comparison(Operator.GT, ARR, number(3)),
    "born within next 30d": Within(BORN, "next", 30 * DAY),
    "last_login within last 30d": Within(LOGIN, "last", 30 * DAY),
    "not admin or seats > 1 and seats < 9": Or(
        (
            Not(is_true(ADMIN)),
            And((Comparison(Operator.GT, SEATS, number(1)), Comparison(Operator.LT, SEATS, number(9)))),
        )
    ),
    "(admin and seats > 1) and (seats < 9 and admin)": And(
        (
            is_true(ADMIN),
            Comparison(Operator.GT, SEATS, number(1)),
            Comparison(Operator.LT, SEATS, number(9)),
            is_true(ADMIN),
        )
    ),
    "did(purchase) = false": Not(Did(("purchase",), None, None, False)),
    "did(purchase) != false": Did(("purchase",), None, None, False),
}


@pytest.mark.parametrize("written", COMPARISONS)
def test_comparisons(persona, written):
    assert persona(written) == COMPARISONS[written]


EVENTS_TABLE = {
    "did(purchase)": Did(("purchase",), None, None, False),
    "did(purchase where amount > 5, last 14d)": Did(
        ("purchase",), Comparison(Operator.GT, AMOUNT, number(5)), Period(14 * DAY), False
    ),
    "did(purchase where gift and amount > 5)": Did(
        ("purchase",), And((is_true(GIFT), Comparison(Operator.GT, AMOUNT, number(5)))), None, False
    ),
    "did(purchase, previous 14d)": Did(("purchase",), None, Period(28 * DAY, 14 * DAY), False),
    "did(purchase, 30d..14d ago)": Did(("purchase",), None, Period(30 * DAY, 14 * DAY), False),
    "not did(any, last 14d)": Not(Did(EVENTS, None, Period(14 * DAY), False)),
    "did(signed_up then project_created then project_live within 3d, last 30d)": Sequence(
        (
            Step(("signed_up",), None),
            Step(("project_created",), None),
            Step(("project_live",), None),
        ),
        3 * DAY,
        Period(30 * DAY),
        False,
    ),
    "did(any then purchase where gift)": Sequence(
        (Step(EVENTS, None), Step(("purchase",), is_true(GIFT))), None, None, False
    ),
    "company.did(purchase)": Did(("purchase",), None, None, True),
    "count(purchase) > 1": Comparison(Operator.GT, count(), number(1)),
    "company.count(purchase, last 7d) > 1": Comparison(
        Operator.GT, count(period=Period(7 * DAY), company=True, optional=True), number(1)
    ),
    "count(dashboard_viewed, last 14d) < 50% of count(dashboard_viewed, previous 14d)": Comparison(
        Operator.LT,
        count("dashboard_viewed", period=Period(14 * DAY)),
        Arithmetic(
            "*",
            number(Decimal("0.50")),
            count("dashboard_viewed", period=Period(28 * DAY, 14 * DAY)),
            NUMBER,
        ),
    ),
    "first(purchase) > 7d": Comparison(
        Operator.GT,
        Age(Aggregate(Function.FIRST, ("purchase",), None, None, None, False, TIME, True)),
        days(7),
    ),
    'last(purchase.sku, last 7d) = "x"': Comparison(
        Operator.EQ,
        Aggregate(Function.LAST, ("purchase",), "sku", None, Period(7 * DAY), False, TEXT, True),
        text("x"),
    ),
    "last(purchase.gift)": is_true(Aggregate(Function.LAST, ("purchase",), "gift", None, None, False, BOOL, True)),
    "distinct(dashboard_viewed.widget) > 1": Comparison(
        Operator.GT,
        Aggregate(Function.DISTINCT, ("dashboard_viewed",), "widget", None, None, False, NUMBER, False),
        number(1),
    ),
    **{
        f"{function.value}(purchase.amount where amount > 0) > 1": Comparison(
            Operator.GT,
            Aggregate(
                function,
                ("purchase",),
                "amount",
                Comparison(Operator.GT, AMOUNT, number(0)),
                None,
                False,
                NUMBER,
                function is not Function.SUM,
            ),
            number(1),
        )
        for function in (Function.SUM, Function.AVG, Function.MIN, Function.MAX)
    },
}


@pytest.mark.parametrize("written", EVENTS_TABLE)
def test_events(persona, written):
    assert persona(written) == EVENTS_TABLE[written]


def test_sets(persona):
    before = "segment Big:\n  arr > 1\npersona Old:\n  created_at > 7d\n"
    assert persona("in Big and in Old and not in Big", before) == And(
        (InSegment("Big"), InPersona("Old"), Not(InSegment("Big")))
    )


def test_segments_see_the_company(segment):
    arr = Field("company", "arr", NUMBER, False)
    assert segment("arr > 1 and company.arr > 1 and count(purchase) > 2 and did(purchase)") == And(
        (
            Comparison(Operator.GT, arr, number(1)),
            Comparison(Operator.GT, arr, number(1)),
            Comparison(Operator.GT, count(company=True), number(2)),
            Did(("purchase",), None, None, True),
        )
    )


def test_a_segment_in_a_segment(segment):
    assert segment("in Big", "segment Big:\n  arr > 1") == InSegment("Big")


def test_let_is_filled_in(persona):
    lets = "let idle = 14d\nlet quiet = last_login > idle and seats > few\nlet few = 3\nlet double = 2 * idle\n"
    age = Comparison(Operator.GT, Age(LOGIN), days(14))
    few = Comparison(Operator.GT, SEATS, number(3))
    assert persona("quiet and admin", lets) == And((age, few, is_true(ADMIN)))
    assert persona("not quiet", lets) == Not(And((age, few)))
    assert persona("did(purchase, last double)", lets) == Did(("purchase",), None, Period(28 * DAY), False)
    assert persona("did(purchase where amount > few)", lets) == Did(
        ("purchase",), Comparison(Operator.GT, AMOUNT, number(3)), None, False
    )


def test_let_means_the_company_in_a_segment(segment):
    assert segment("busy", "let busy = count(purchase) > 2") == Comparison(Operator.GT, count(company=True), number(2))


def test_spans_are_the_source_of_each_part(check_text):
    checked = check_text("let idle = 14d\npersona P:\n  last_login > idle and not did(purchase where amount > 5)\n")
    condition = checked.program.personas["P"].condition
    age, absent = condition.operands
    spans = [condition, age, age.left.of, age.right, absent, absent.operand, absent.operand.where.left]
    assert [checked.quoted_span(part.span) for part in spans] == [
        "last_login > idle and not did(purchase where amount > 5)",
        "last_login > idle",
        "last_login",
        "idle",
        "not did(purchase where amount > 5)",
        "did(purchase where amount > 5)",
        "amount",
    ]


def test_a_thousand_parts_are_one_level(persona):
    condition = persona(" and ".join(["seats > 1"] * 500))
    assert isinstance(condition, And)
    assert len(condition.operands) == 500
