"""The `test` blocks: every name and value in them, so that a test can be played without surprises."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from rulekit.clock import midnight
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Label
from rulekit.language import tree
from rulekit.language.checking.conditions.agreement import agree_as_is
from rulekit.language.checking.conditions.constants import constant
from rulekit.language.checking.conditions.spelling import spelled_as
from rulekit.language.checking.findings import attempted, each
from rulekit.language.checking.names.scope import Scope, described
from rulekit.language.program import FieldType, Moment, Test
from rulekit.language.typed_expressions import Field
from rulekit.language.types import Kind
from rulekit.records import Scalar, State

LIST_SEPARATOR = ";"

Row = Mapping[str, Scalar]

# windows reach far back from an instant, and no calendar has room for them at its ends
FIRST_YEAR, LAST_YEAR = 1900, 2999


def check_tests(files: Sequence[tree.File], people: Scope, zone: str) -> tuple[Test, ...]:
    """Returns the tests without errors, in the order of files and places; dates begin in `zone`."""
    tzinfo = ZoneInfo(zone)
    declarations = [d for file in files for d in file.declarations if isinstance(d, tree.TestDeclaration)]
    return tuple(_Statements.read(declaration, people, tzinfo).checked() for declaration in declarations)


@dataclass(frozen=True, slots=True)
class _Statements:
    """One test: its statements by kind, and the keys that its other statements may name."""

    declaration: tree.TestDeclaration
    people: Mapping[str, tree.TestRecord]
    companies: Mapping[str, tree.TestRecord]
    events: Sequence[tree.TestEvent]
    moments: Sequence[tree.Moment]
    scope: Scope
    zone: ZoneInfo

    @classmethod
    def read(cls, declaration: tree.TestDeclaration, scope: Scope, zone: ZoneInfo) -> "_Statements":
        statements = declaration.statements
        records = [s for s in statements if isinstance(s, tree.TestRecord)]
        return cls(
            declaration,
            _by_key((r for r in records if r.record == "person"), scope),
            _by_key((r for r in records if r.record == "company"), scope),
            [s for s in statements if isinstance(s, tree.TestEvent)],
            [s for s in statements if isinstance(s, tree.Moment)],
            scope,
            zone,
        )

    def checked(self) -> Test:
        events: dict[str, list[Row]] = {kind: [] for kind in self.scope.schema.events}
        for kind, row in attempted(self._event, self.events):
            # of an event whose declaration cannot be read nothing is known but its name
            events.setdefault(kind, []).append(row)
        return Test(
            title=self.declaration.title.text,
            people=tuple(attempted(self._person, self.people.values())),
            companies=tuple(attempted(self._company, self.companies.values())),
            events={kind: tuple(rows) for kind, rows in events.items()},
            moments=tuple(self._moment(moment) for moment in self.moments),
            span=self.declaration.span,
        )

    def _person(self, record: tree.TestRecord) -> Row:
        company = record.company
        if company is not None:
            self._known(codes.UNKNOWN_COMPANY, "company", company, self.companies)
        row: dict[str, Scalar] = {"person": record.key.text, "company": company.text if company else None}
        return row | self._values("person", record.values, self.scope.schema.person)

    def _company(self, record: tree.TestRecord) -> Row:
        return {"company": record.key.text} | self._values("company", record.values, self.scope.schema.company)

    def _event(self, event: tree.TestEvent) -> tuple[str, Row]:
        properties = self.scope.schema.events
        self._known(codes.UNKNOWN_EVENT, "event", event.event, properties)
        self._known(codes.UNKNOWN_PERSON, "person", event.person, self.people)
        row: dict[str, Scalar] = {"person": event.person.text, "at": self._instant(event.at.value)}
        declared = properties.get(event.event.text, {})
        return event.event.text, row | self._values("event", event.values, declared)

    def _moment(self, moment: tree.Moment) -> Moment:
        for step in moment.steps:
            self._step(step)
        at = self._instant(moment.at.value)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            self.scope.findings.report(
                codes.INVALID_VALUE,
                "a test cannot be played at this instant",
                moment.at.span,
                help=f"write one between the years {FIRST_YEAR} and {LAST_YEAR}",
            )
        return Moment(at, moment.steps)

    def _step(self, step: tree.TestStep) -> None:
        if isinstance(step, tree.ExpectMember):
            self._member(step)
            return
        self._known(codes.UNKNOWN_PERSON, "person", step.person, self.people)
        self._known(codes.UNKNOWN_TEMPLATE, "template", step.template, self.scope.declared.templates)
        if isinstance(step, tree.ExpectEmail) and step.state is not None:
            self._known(codes.UNKNOWN_STATE, "state", step.state, [state.value for state in State])

    def _member(self, step: tree.ExpectMember) -> None:
        """Reports who or what is not there; a company can be in a segment only."""
        personas, segments = self.scope.declared.personas, self.scope.declared.segments
        if step.who.text not in self.people and step.who.text in self.companies:
            self._known(codes.UNKNOWN_SEGMENT, "segment", step.group, segments)
            return
        self._known(codes.UNKNOWN_PERSON, "person", step.who, {**self.people, **self.companies})
        kind = "persona or segment" if segments else "persona"
        self._known(codes.UNKNOWN_PERSONA, kind, step.group, {**personas, **segments})
        if step.group.text in personas and step.group.text in segments:
            message = f"`{step.group.text}` is both a persona and a segment"
            help = "give the persona or the segment another name"
            self.scope.findings.report(codes.AMBIGUOUS_NAME, message, step.group.span, "which of the two?", help=help)

    def _values(self, owner: str, given: Sequence[tree.Given], declared: Mapping[str, FieldType]) -> dict[str, Scalar]:
        return dict(attempted(lambda one: self._value(owner, one, declared), given))

    def _value(self, owner: str, given: tree.Given, declared: Mapping[str, FieldType]) -> tuple[str, Scalar]:
        name = given.name
        if name.text not in declared:
            code = codes.UNKNOWN_PROPERTY if owner == "event" else codes.UNKNOWN_FIELD
            help, fixes = self.scope.findings.meant(name.text, declared, name.span)
            message = f"unknown {'property' if owner == 'event' else 'field'} `{name.text}`"
            self.scope.findings.fail(code, message, name.span, "not declared", help=help, fixes=fixes)
        field = declared[name.text]
        # "event" keeps the checker from pointing at a declaration of the same name elsewhere
        taker = Field("event", name.text, field.type, field.optional, name.span)
        if isinstance(given, tree.GivenList):
            return name.text, self._texts(taker, given)
        if field.type.kind is Kind.LIST:
            return name.text, self._separated(given)
        value = given.value.value
        if field.type.kind is Kind.TIME and isinstance(value, date):
            return name.text, self._instant(value)
        agree_as_is(taker, constant(given.value), self.scope)
        return name.text, value

    def _instant(self, value: object) -> datetime:
        """Returns an instant as it is and a date as its midnight."""
        if isinstance(value, datetime):
            return value
        assert isinstance(value, date)  # noqa: S101 - the grammar has nothing else here
        return midnight(value, self.zone)

    def _separated(self, given: tree.Option) -> list[str]:
        text = given.value.value
        if isinstance(text, str):
            return [part.strip() for part in text.split(LIST_SEPARATOR)]
        return self._fail_value(
            f"`{given.name.text}` takes a list of texts", given.value, f'{given.name.text}=("a", "b")'
        )

    def _texts(self, taker: Field, given: tree.GivenList) -> list[str]:
        """Returns the texts of a list; reports what is none, and a list where the field takes one value."""
        if taker.type.kind is not Kind.LIST:
            message, help = (
                f"`{taker.name}` takes {described(taker.type)}, not a list",
                "write one value, without brackets",
            )
            self.scope.findings.fail(codes.TYPE_MISMATCH, message, given.span, "a list", help=help)
        return each(self._text, given.items)

    def _text(self, item: tree.Literal) -> str:
        if isinstance(item.value, str):
            return item.value
        meant = spelled_as(constant(item), Kind.TEXT) or '"a"'
        return self._fail_value("a list has nothing but texts in it", item, meant)

    def _fail_value(self, message: str, literal: tree.Literal, meant: str) -> NoReturn:
        label, help = described(constant(literal).type), f"write `{meant}`"
        self.scope.findings.fail(codes.TYPE_MISMATCH, message, literal.span, label, help=help)

    def _known(self, code: Code, kind: str, name: tree.Name, known: Collection[str]) -> None:
        if name.text in known or self.scope.declared.is_broken(name.text):
            return
        help, fixes = self.scope.findings.meant(name.text, known, name.span)
        own = kind in {"person", "company"}
        add = (
            f"add a {kind} to the test" if own else f"declare it among the rules, as in `{kind.split()[0]} {name.text}`"
        )
        choices = f"use one of {', '.join(known)}" if known and (own or kind == "state") else add
        label = "not in this test" if own else "no such state" if kind == "state" else "not declared"
        self.scope.findings.report(
            code, f"unknown {kind} `{name.text}`", name.span, label, help=help or choices, fixes=fixes
        )


def _by_key(records: Iterable[tree.TestRecord], scope: Scope) -> dict[str, tree.TestRecord]:
    found: dict[str, tree.TestRecord] = {}
    for record in records:
        first = found.setdefault(record.key.text, record)
        if first is not record:
            scope.findings.report(
                codes.DUPLICATE_NAME,
                f"{record.record} `{record.key.text}` is declared twice",
                record.key.span,
                "declared again in this test",
                secondary=(Label(first.key.span, "declared first here"),),
                help="give one of them another name, or remove it",
            )
    return found
