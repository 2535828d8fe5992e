"""What the text of one setting may be, and the value that it becomes."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Strict

from rulekit.clock import find_zone, parse_duration
from rulekit.limits import Cap, QuietHours, Rate, parse_cap, parse_quiet_hours, parse_rate
from rulekit.urls import check_page_url, check_sender_url, check_source_url, check_store_url
from rulekit.zones import read_zone


def _duration(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError(f'`{str(value).lower()}` has no unit; write it like `"10m"` (units: w d h m s)')
    return parse_duration(value) if isinstance(value, str) else value


def _zone(value: object) -> object:
    if isinstance(value, str) and find_zone(value) is None:
        meant = read_zone(value) or ""
        example = meant if find_zone(meant) else "Europe/Stockholm"
        raise ValueError(f"`{value}` is not a time zone; write a name like `{example}`")
    return value


def _interval(value: object) -> object:
    length = _duration(value)
    if isinstance(length, timedelta) and length < timedelta(seconds=1):
        raise ValueError('write at least `"1s"`')
    return length


def _listen(value: object) -> object:
    if isinstance(value, str):
        parse_listen(value)
    return value


def parse_listen(text: str) -> tuple[str, int] | None:
    """Returns the host and port that a text like `127.0.0.1:8025` or `[::1]:8025` names, or None when it is empty.

    Raises ValueError for anything else.
    """
    if not text:
        return None
    try:
        parts = urlsplit(f"//{text}")
        if parts.hostname and parts.port is not None and parts.netloc == text and not parts.username:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise ValueError(f"`{text}` is no place to listen at; write it like `127.0.0.1:8025`")


def _url(check: Callable[[str], None]) -> BeforeValidator:
    def read(value: object) -> object:
        if isinstance(value, str):
            check(value)
        return value

    return BeforeValidator(read)


def _from_text(parse: Callable[[str], object], example: str) -> BeforeValidator:
    def read(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f'write a text in quotes, as in `"{example}"`')
        return parse(value)

    return BeforeValidator(read)


# what a declaration can name, as `grammar/README.md` has it for names
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def _kind(value: object) -> object:
    if isinstance(value, str) and not _NAME.fullmatch(value):
        raise ValueError(f'`{value}` is no name that rules can declare; write it like `"order_completed"`')
    return value


SourceUrl = Annotated[str, _url(check_source_url)]
# a truth is no number
Whole = Annotated[int, Strict()]
StoreUrl = Annotated[str, _url(check_store_url)]
SenderUrl = Annotated[str, _url(check_sender_url)]
PageUrl = Annotated[str, _url(lambda url: check_page_url(url) if url else None)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Interval = Annotated[timedelta, BeforeValidator(_interval)]
Listen = Annotated[str, BeforeValidator(_listen)]
KindName = Annotated[str, BeforeValidator(_kind)]
Zone = Annotated[str, BeforeValidator(_zone)]
CapText = Annotated[Cap, _from_text(parse_cap, "3 per 7d")]
HoursText = Annotated[QuietHours, _from_text(parse_quiet_hours, "20:00-08:00")]
RateText = Annotated[Rate, _from_text(parse_rate, "10 per 1s")]
