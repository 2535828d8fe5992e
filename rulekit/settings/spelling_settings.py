"""How values are written, as sections of a source, its tables and their columns say it with the same keys."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from rulekit.time_format import parse_format
from rulekit.value_spelling import GROUPS, Spelling


def _format(value: object) -> object:
    if isinstance(value, str):
        try:
            parse_format(value)
        except ValueError as error:
            raise ValueError(f"`{value}` is no format of times: {error}") from None
    return value


def _group(value: object) -> object:
    if isinstance(value, str) and value not in GROUPS:
        raise ValueError(f"write one of {' '.join(f'`{group}`' for group in GROUPS if group.strip())} or a blank")
    return value


Words = Annotated[list[str], Field(min_length=1)]


class SpellingSettings(BaseModel):
    """The keys; one that is not there leaves it to the section around, and at last to what is read of itself."""

    null: list[str] | None = None
    decimal: Literal[".", ","] | None = None
    group: Annotated[str, BeforeValidator(_group)] | None = None
    format: Annotated[str, BeforeValidator(_format)] | None = None
    unit: Literal["w", "d", "h", "m", "s", "ms", "us", "ns"] | None = None
    true: Words | None = None
    false: Words | None = None
    trim: bool | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        for mistake in self.spelling().mistakes():
            raise ValueError(mistake)
        return self

    def spelling(self) -> Spelling:
        """Returns the keys as the record that readers use."""
        return Spelling(
            null=None if self.null is None else tuple(self.null),
            decimal=self.decimal,
            group=self.group,
            format=self.format,
            unit=self.unit,
            true=None if self.true is None else tuple(self.true),
            false=None if self.false is None else tuple(self.false),
            trim=self.trim,
        )
