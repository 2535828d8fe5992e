"""SPF (RFC 7208): which servers may send for a domain."""

import re
from collections.abc import Iterator

from rulekit.records import CheckResult, Verdict
from rulekit_dns.lookup import Lookup

MAX_LOOKUPS = 10
_VERSION = re.compile(r"v=spf1( |$)", re.IGNORECASE)
_ASKS = re.compile(r"[+?~-]?(?:(include):|(redirect)=|(?:a|mx|ptr|exists)(?=[:/]|$))(.*)", re.IGNORECASE)
_ALL = re.compile(r"([+?~-]?)all", re.IGNORECASE)


def check(lookup: Lookup, domain: str) -> Iterator[CheckResult]:
    """Says whether a domain names who may send for it, so that all others may not."""
    found = _records(lookup, domain)
    if not found:
        help = f"publish a TXT record at {domain} like `v=spf1 include:… -all`; your provider says what to include"
        yield CheckResult("spf", Verdict.WARNING, f"{domain} does not name who may send for it", help)
    elif len(found) > 1:
        message = f"{domain} has {len(found)} SPF records, which is an error to whoever reads them"
        yield CheckResult("spf", Verdict.PROBLEM, message, "join them into one")
    elif (asked := _count(lookup, found[0], MAX_LOOKUPS + 1)) > MAX_LOOKUPS:
        message = f"the SPF record of {domain} needs {asked} lookups or more; {MAX_LOOKUPS} are allowed"
        yield CheckResult("spf", Verdict.PROBLEM, message, "include less, or name addresses with `ip4:` and `ip6:`")
    else:
        yield _ending(domain, found[0])


def _records(lookup: Lookup, domain: str) -> list[str]:
    return [text for text in lookup.texts(domain) if _VERSION.match(text)]


def _count(lookup: Lookup, record: str, most: int) -> int:
    """Returns how many questions reading a record takes, those of what it includes among them; stops at `most`."""
    count = 0
    for term in record.split()[1:]:
        asks = _ASKS.fullmatch(term)
        if asks is None:
            continue
        count += 1
        # a name with a macro depends on the email
        if count < most and (asks[1] or asks[2]) and "%" not in asks[3]:
            count += sum(_count(lookup, inner, most - count) for inner in _records(lookup, asks[3])[:1])
        if count >= most:
            break
    return count


def _ending(domain: str, record: str) -> CheckResult:
    ends = [match[1] or "+" for term in record.split()[1:] if (match := _ALL.fullmatch(term))]
    help = "end the record with `-all`, or with `~all` while you try it out"
    if ends and ends[0] == "+":
        return CheckResult("spf", Verdict.PROBLEM, f"{domain} lets everybody send for it (`+all`)", help)
    if ends and ends[0] == "?":
        return CheckResult("spf", Verdict.WARNING, f"{domain} leaves open who may send for it (`?all`)", help)
    if not ends and "redirect=" not in record.lower():
        return CheckResult("spf", Verdict.WARNING, f"{domain} leaves open who else may send for it", help)
    how = f"`{ends[0]}all`" if ends else "by a redirect"
    return CheckResult("spf", Verdict.OK, f"{domain} names who may send for it ({how})")
