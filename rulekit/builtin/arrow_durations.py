"""Which columns of a Parquet file Arrow wrote as lengths of time.

Parquet has no such type: a length of time stands there as a whole number, and only the schema that Arrow keeps beside
it says of what unit. It is a FlatBuffers message (Arrow columnar format, `Schema.fbs` and `Message.fbs`).
"""

import struct
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

KEY = "ARROW:schema"
# in the order of `Schema.fbs`: the engine's words for one such unit of a whole number `{}`
_UNITS = ("to_seconds({})", "to_milliseconds({})", "to_microseconds({})", "to_microseconds({} // 1000)")
_DURATION = 18
_MILLISECONDS = 1


def find_durations(schema: bytes) -> Mapping[str, str]:
    """Returns what makes a length of time of a column's number, by the column's name; nothing where it is no schema."""
    try:
        return dict(_durations(b64decode(schema)))
    except (ValueError, IndexError, struct.error):
        return {}


def _durations(content: bytes) -> Iterator[tuple[str, str]]:
    # a mark of four bytes and the length stand before the message; older files have the length alone
    start = 8 if content.startswith(b"\xff\xff\xff\xff") else 4
    message = _Table(content, start + _read(content, "<I", start))
    for column in message.table(2).tables(1):
        if column.number("<B", 2) == _DURATION:
            yield column.text(0), _UNITS[column.table(3).number("<h", 0, _MILLISECONDS)]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of FlatBuffers: its fields by their places in the schema."""

    content: bytes
    start: int

    def number(self, form: str, field: int, default: int = 0) -> int:
        place = self._place(field)
        return _read(self.content, form, place) if place else default

    def table(self, field: int) -> "_Table":
        return _Table(self.content, self._target(field))

    def tables(self, field: int) -> Iterator["_Table"]:
        vector = self._target(field)
        for place in range(vector + 4, vector + 4 + 4 * _read(self.content, "<I", vector), 4):
            yield _Table(self.content, place + _read(self.content, "<I", place))

    def text(self, field: int) -> str:
        start = self._target(field)
        return self.content[start + 4 : start + 4 + _read(self.content, "<I", start)].decode()

    def _target(self, field: int) -> int:
        place = self._place(field)
        if not place:
            raise IndexError(field)
        return place + _read(self.content, "<I", place)

    def _place(self, field: int) -> int:
        """Returns where a field stands, or 0 where it is left out."""
        fields = self.start - _read(self.content, "<i", self.start)
        entry = 4 + 2 * field
        within = _read(self.content, "<H", fields + entry) if entry < _read(self.content, "<H", fields) else 0
        return self.start + within if within else 0


def _read(content: bytes, form: str, place: int) -> int:
    return int(struct.unpack_from(form, content, place)[0])
