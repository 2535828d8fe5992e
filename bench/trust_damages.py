"""What can happen to an export on its way, each kind by a name.

A damage changes tables, whatever their form, or the bytes of files. What nobody could tell from a real change, as one
row that is gone from a company of hundreds, is none of them.
"""

import codecs
import csv
import gzip

from trust_ways import (
    ALL_FORMS,
    Damage,
    OnFiles,
    OnTables,
    again,
    columns_reordered,
    cut,
    emptied,
    epoch,
    everywhere,
    exported,
    extra_column,
    factor,
    filled,
    joined,
    keys,
    kind,
    lines,
    moment,
    moved,
    numbered_anew,
    other_tenant,
    renamed,
    reordered,
    rows,
    serial,
    shifted,
    stale,
    swapped,
    values,
    words,
)

DAMAGES: list[Damage] = []
# which of them rulekit still cannot tell from a change, and why; the page says so
_STALE = "of 3 people there are too few different times to know how old the newest usually is"
_BACK = "of 3 people two may be back on any day, and that nobody of them had an event says little: some never have"
KNOWN = {
    "last_login at the time of the export": _BACK,
    "last_login at the time of the export, half of the rows": _BACK,
    "industry in other words": "of 2 companies one has an industry, and may have another one from now on",
    "people of 5 days ago": _STALE,
    "everything of 5 days ago": _STALE,
}


def tables(name: str, group: str, change: OnTables, *forms: str, harmless: bool = False) -> None:
    """Adds a damage of tables."""
    DAMAGES.append(Damage(name, group, change, forms=forms or ALL_FORMS, harmless=harmless))


def bytes_of(name: str, group: str, change: OnFiles, *forms: str, harmless: bool = False) -> None:
    """Adds a damage of files."""
    DAMAGES.append(Damage(name, group, files=change, forms=forms or ("csv",), harmless=harmless))


# formats of values

tables("last_login day-first", "formats", values("people", "last_login", moment("%d/%m/%Y %H:%M")))
tables("last_login month-first", "formats", values("people", "last_login", moment("%m/%d/%Y %H:%M")))
tables("last_login day-first, half of the rows", "formats", values("people", "last_login", moment("%d.%m.%Y"), 0.5))
tables("last_login with two-digit years", "formats", values("people", "last_login", moment("%d-%m-%y")))
tables("last_login with zone letters", "formats", values("people", "last_login", moment("%Y-%m-%d %H:%M:%S BST")))
tables(
    "last_login with an offset of 25 h", "formats", values("people", "last_login", moment("%Y-%m-%dT%H:%M:%S+25:00"))
)
tables("last_login in s since 1970", "formats", values("people", "last_login", epoch(1)))
tables("last_login in ms since 1970", "formats", values("people", "last_login", epoch(1000)))
tables("last_login as a serial number", "formats", values("people", "last_login", serial))
tables("last_login in words", "formats", values("people", "last_login", moment("%b %d, %Y")))
tables("last_login 1970 where none", "formats", filled("people", "last_login", "1970-01-01T00:00:00Z"))
tables("last_login 9999 where none", "formats", filled("people", "last_login", "9999-12-31T00:00:00Z"))
tables("last_login at the time of the export", "formats", exported("people", "last_login"))
tables("last_login at the time of the export, half of the rows", "formats", exported("people", "last_login", 0.5))
tables("created_at as a date alone", "formats", values("people", "created_at", moment("%Y-%m-%d")))
tables("created_at day-first", "formats", values("people", "created_at", moment("%d/%m/%Y")))
tables("trial_ends as a serial number", "formats", values("people", "trial_ends", serial))
tables("trial_ends month-first", "formats", values("people", "trial_ends", moment("%m/%d/%Y")))
tables("times of events day-first", "formats", values("events", "at", moment("%d/%m/%Y %H:%M")))
tables("times of events in ms since 1970", "formats", values("events", "at", epoch(1000)))
tables(
    "times of a third of the events with zone letters",
    "formats",
    values("events", "at", moment("%Y-%m-%d %H:%M EST"), 0.3),
)
tables("times of events with one-digit days", "formats", values("events", "at", lambda v: v.replace("-0", "-")))
tables("amounts with a decimal comma", "formats", values("events", "amount", lambda v: v.replace(".", ",")))
tables("amounts with a currency", "formats", values("events", "amount", lambda v: f"€ {v}"))
tables("amounts in cents", "formats", values("events", "amount", factor(100)))
tables("balance with a decimal comma", "formats", values("people", "balance", lambda v: v.replace(".", ",")))
tables("balance in cents", "formats", values("people", "balance", factor(100)))
tables("balance in thousands", "formats", values("people", "balance", factor(0.001)))
tables("balance in another currency", "formats", values("people", "balance", factor(1.08)))
tables("amounts in another currency", "formats", values("events", "amount", factor(1.08)))
tables("arr in another currency", "formats", values("companies", "arr", factor(150)))
tables("balance without decimals", "formats", values("people", "balance", lambda v: v.partition(".")[0]))
tables("balance 0 where none", "formats", filled("people", "balance", "0"))
tables("trial_ends 1970 where none", "formats", filled("people", "trial_ends", "1970-01-01"))
tables("trial_ends 9999 where none", "formats", filled("people", "trial_ends", "9999-12-31"))
tables("renewal 1970 where none", "formats", filled("companies", "renewal", "1970-01-01"))
tables("arr in thousands", "formats", values("companies", "arr", factor(0.001)))
tables("arr with separators", "formats", values("companies", "arr", lambda v: f"{int(v):,}"))
tables("seats as words", "formats", values("people", "seats", lambda v: "many" if int(v) > 5 else "few"))
tables("subscribed as words", "formats", values("people", "subscribed", words(true="ja", false="nein")))
tables("subscribed as Y and N", "formats", values("people", "subscribed", words(true="Y", false="N")))
tables("urgent as words", "formats", values("events", "urgent", words(true="on", false="off")))
tables("tags with commas", "formats", values("people", "tags", lambda v: v.replace(";", ",")), "csv", "gzip")
tables("`NULL` where no balance", "formats", filled("people", "balance", "NULL"))
tables("`NULL` where no last_login", "formats", filled("people", "last_login", "NULL"))
tables("`NULL` where no first_name", "formats", filled("people", "first_name", "NULL"))
tables("`nan` where no balance", "formats", filled("people", "balance", "nan"))
tables("`-` where no first_name", "formats", filled("people", "first_name", "-"))
tables("`null` where no tags", "formats", filled("people", "tags", "null"))
tables("`None` where no industry", "formats", filled("companies", "industry", "None"))
tables("tags in one", "formats", values("people", "tags", lambda v: v.replace(";", " ")))
tables("tags in capitals", "formats", values("people", "tags", str.upper))
tables("`N/A` where no company", "formats", filled("people", "account_id", "N/A"))

# closed sets

tables("plan in upper case", "closed sets", values("people", "plan", str.upper))
tables(
    "plan in other words",
    "closed sets",
    values("people", "plan", words(free="Starter", pro="Growth", enterprise="Scale")),
)
tables("plan by its number", "closed sets", values("people", "plan", words(free="0", pro="1", enterprise="2")))
tables("plan with blanks", "closed sets", values("people", "plan", lambda v: f" {v} "))
tables("plan in upper case, a third of the rows", "closed sets", values("people", "plan", str.upper, 0.3))
tables("sku in upper case", "closed sets", values("events", "sku", str.title))
tables("industry in upper case", "closed sets", values("companies", "industry", str.upper))
tables("industry with a capital", "closed sets", values("companies", "industry", str.title))
tables("industry with blanks behind", "closed sets", values("companies", "industry", lambda v: f"{v:<12}"))
tables("industry in quotes", "closed sets", values("companies", "industry", lambda v: f'"{v}"'))
tables("industry in other words", "closed sets", values("companies", "industry", words(trade="retail", food="retail")))

# columns

for column in ("last_login", "plan", "subscribed", "email", "account_id", "tags", "balance"):
    tables(f"{column} emptied", "columns", emptied("people", column))
tables("plan emptied, half of the rows", "columns", emptied("people", "plan", 0.5))
tables("last_login emptied, half of the rows", "columns", emptied("people", "last_login", 0.5))
tables("trial_ends emptied, a third of the rows", "columns", emptied("people", "trial_ends", 0.3))
tables("amount emptied", "columns", emptied("events", "amount"))
tables("amount emptied, half of the rows", "columns", emptied("events", "amount", 0.5))
tables("severity emptied", "columns", emptied("events", "severity"))
tables("times of events emptied, half of the rows", "columns", emptied("events", "at", 0.5))
tables("kind of events emptied, half of the rows", "columns", emptied("events", "kind", 0.5))
tables("arr emptied", "columns", emptied("companies", "arr"))
tables("renewal emptied", "columns", emptied("companies", "renewal"))
tables("last_login renamed", "columns", renamed("people", "last_login", "lastLogin"))
tables("balance renamed", "columns", renamed("people", "balance", "Balance (EUR)"))
tables("amount renamed", "columns", renamed("events", "amount", "total"))
tables("created_at and last_login swapped", "columns", swapped("people", "created_at", "last_login"))
tables("email and first_name swapped", "columns", swapped("people", "email", "first_name"))
tables("seats and balance swapped", "columns", swapped("people", "seats", "balance"))
tables("first_name and plan joined", "columns", joined("people", "first_name", "plan"))
tables("name and industry joined", "columns", joined("companies", "industry", "name"))
tables("amount and severity swapped", "columns", swapped("events", "amount", "severity"))
tables("a column shifted by one from some row on", "columns", shifted("people", "plan", 0.4))
tables("a column of events shifted by one from some row on", "columns", shifted("events", "kind", 0.4))

# rows

tables("half of the people missing", "rows", rows("people", lambda all_: all_[: len(all_) // 2]))
tables("a third of the people missing", "rows", rows("people", lambda all_: [r for i, r in enumerate(all_) if i % 3]))
tables("nobody", "rows", rows("people", lambda all_: []))
tables("companies missing", "rows", rows("companies", lambda all_: []))
tables("half of the companies missing", "rows", rows("companies", lambda all_: all_[::2]))
tables("half of the events missing", "rows", rows("events", lambda all_: all_[::2]))
tables("the newer half of the events missing", "rows", rows("events", lambda all_: all_[: len(all_) // 2]))
tables("the older half of the events missing", "rows", rows("events", lambda all_: all_[len(all_) // 2 :]))
tables("no events", "rows", rows("events", lambda all_: []))
tables("no `login` events", "rows", kind("login", None))
tables("half of the `login` events missing", "rows", kind("login", None, 0.5))
tables("no `purchase` events", "rows", kind("purchase", None))
tables("no `project_live` events", "rows", kind("project_live", None))
tables("`login` renamed", "rows", kind("login", "Logged In"))
tables("`project_live` renamed", "rows", kind("project_live", "project.live"))
tables("kinds in upper case", "rows", values("events", "kind", str.upper))
tables("people twice", "rows", rows("people", lambda all_: [*all_, *all_]))
tables("events twice", "rows", rows("events", lambda all_: [*all_, *all_]))
tables("half of the events twice", "rows", rows("events", lambda all_: [*all_, *all_[::2]]))
tables("people of 5 days ago", "rows", stale(5, "people"))
tables("events of 5 days ago", "rows", stale(5, "events"))
tables("everything of 5 days ago", "rows", stale(5, "people", "companies", "events"))
tables("another tenant", "rows", other_tenant)

# keys and addresses

tables("keys `7` to `7.0`", "keys", keys(lambda key: f"{key}.0"))
tables(
    "keys in upper case, or with a zero before", "keys", keys(lambda key: key.upper() if key[0] == "p" else f"0{key}")
)
tables("keys with a prefix, of people alone", "keys", keys(lambda key: f"user-{key}", "people"))
tables("keys with a prefix, of events alone", "keys", keys(lambda key: f"user-{key}", "events"))
tables("keys with a prefix, of half of the events", "keys", values("events", "person", lambda key: f"user-{key}", 0.5))
tables("people numbered anew", "keys", numbered_anew)
tables("keys of companies with a prefix", "keys", values("companies", "id", lambda key: f"x{key}"))
tables("keys of half of the people emptied", "keys", emptied("people", "id", 0.5))
tables(
    "addresses masked", "keys", values("people", "email", lambda v: f"user{sum(map(ord, v))}{len(v)}@masked.example")
)
tables("addresses without their domain", "keys", values("people", "email", lambda v: v.split("@")[0]))

# times that are off

tables("times of events 9 hours late", "times", values("events", "at", moved(9)))
tables("last_login 9 hours early", "times", values("people", "last_login", moved(-9)))
tables("times of events a year ago", "times", values("events", "at", moved(-24 * 365)))

# files

LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><form>Please log in.</form></body></html>\n"
)
ERROR = b'{"error": "rate limit exceeded", "status": 429}\n'
for name in ("people", "events"):
    bytes_of(f"a login page in place of {name}", "files", everywhere(lambda data: LOGIN_PAGE, name), "csv", "json")
    bytes_of(f"an error in place of {name}", "files", everywhere(lambda data: ERROR, name), "csv", "json")
    bytes_of(f"{name} cut off", "files", everywhere(cut(0.6), name), "csv", "json")
    bytes_of(f"{name} of 0 bytes", "files", everywhere(lambda data: b"", name), "csv", "json")
    bytes_of(f"{name} without a header", "files", everywhere(lines(lambda all_: all_[1:]), name))
    bytes_of(f"{name} with semicolons", "files", everywhere(again(delimiter=";"), name))
    bytes_of(f"{name} with tabs", "files", everywhere(again(delimiter="\t"), name))
    bytes_of(f"{name} in UTF-16", "files", everywhere(lambda data: data.decode().encode("utf-16"), name), "csv", "json")
    bytes_of(f"truncated gzip of {name}", "files", everywhere(cut(0.7), name), "gzip")
    bytes_of(
        f"a second header amid {name}",
        "files",
        everywhere(lines(lambda all_: [*all_[: len(all_) // 2], all_[0], *all_[len(all_) // 2 :]]), name),
    )
    bytes_of(f"a line that counts below {name}", "files", everywhere(lambda data: data + b"(42 rows)\n", name))
bytes_of(
    "no people file", "files", lambda content: {k: v for k, v in content.items() if "people" not in k}, *("csv", "json")
)
bytes_of("people in Latin-1", "files", everywhere(lambda data: data.replace(b"Ada", b"Ad\xe9"), "people"))
bytes_of("a comma unquoted in names", "files", everywhere(lambda data: data.replace(b",Bo,", b",Bo, jr,"), "people"))
bytes_of("the end of lines lost", "files", everywhere(lambda data: data.replace(b"\n", b" "), "events"))
bytes_of(
    "a torn line of NDJSON",
    "files",
    everywhere(lines(lambda all_: [*all_[:-2], all_[-2][: len(all_[-2]) // 2]]), "events"),
    "json",
)
bytes_of(
    "all values of JSON as texts",
    "files",
    everywhere(lambda data: data.replace(b": true", b': "T"').replace(b": false", b': "F"')),
    "json",
)

# what changes nothing

bytes_of("a byte order mark", "harmless", everywhere(lambda data: codecs.BOM_UTF8 + data), harmless=True)
bytes_of(
    "ends of lines as Windows has them",
    "harmless",
    everywhere(lambda data: data.replace(b"\n", b"\r\n")),
    harmless=True,
)
bytes_of("every value in quotes", "harmless", everywhere(again(quoting=csv.QUOTE_ALL)), harmless=True)  # type: ignore[arg-type]
bytes_of(
    "compressed in two parts",
    "harmless",
    everywhere(lambda data: b"".join(map(gzip.compress, (data[:99], data[99:])))),
    "gzip",
    harmless=True,
)
tables("rows sorted otherwise", "harmless", reordered, harmless=True)
tables("columns in another order", "harmless", columns_reordered, harmless=True)
tables("an extra column", "harmless", extra_column, harmless=True)
tables("times with `+00:00`", "harmless", values("events", "at", lambda v: v.replace("Z", "+00:00")), harmless=True)
tables(
    "times with a blank for the `T`",
    "harmless",
    values("people", "last_login", lambda v: v.replace("T", " ")),
    harmless=True,
)
tables(
    "times with another offset",
    "harmless",
    values("people", "last_login", lambda v: moved(2)(v).replace("Z", "+02:00")),
    harmless=True,
)
