"""DMARC (RFC 7489): what becomes of emails that only claim to be from a domain."""

from collections.abc import Iterator

from rulekit.records import CheckResult, Verdict
from rulekit_dns.lookup import Lookup
from rulekit_dns.tags import read_tags


def check(lookup: Lookup, domain: str) -> Iterator[CheckResult]:
    """Says which policy holds for a domain: its own, or that of the nearest domain above it."""
    owner, records = _find(lookup, domain)
    if not records:
        message = f"{domain} says nothing of what becomes of forged emails"
        help = f"publish a TXT record at _dmarc.{domain}; begin with `v=DMARC1; p=none; rua=mailto:…`"
        yield CheckResult("dmarc", Verdict.WARNING, message, help)
    elif len(records) > 1:
        message = f"_dmarc.{owner} has {len(records)} policies, so none holds"
        yield CheckResult("dmarc", Verdict.PROBLEM, message, "leave one")
    else:
        yield _judge(domain, owner, read_tags(records[0]))


def _find(lookup: Lookup, domain: str) -> tuple[str, list[str]]:
    labels = domain.rstrip(".").split(".")
    # the last label alone belongs to nobody who sends
    for first in range(max(1, len(labels) - 1)):
        owner = ".".join(labels[first:])
        found = [text for text in lookup.texts(f"_dmarc.{owner}") if text.lower().startswith("v=dmarc1")]
        if found:
            return owner, found
    return domain, []


def _judge(domain: str, owner: str, tags: dict[str, str]) -> CheckResult:
    policy = (tags.get("sp") if owner != domain else None) or tags.get("p", "")
    if policy.lower() in ("quarantine", "reject"):
        return CheckResult("dmarc", Verdict.OK, f"forged emails of {domain} are to be kept out (`{policy.lower()}`)")
    if policy.lower() == "none":
        message = f"forged emails of {domain} are let through (`p=none`)"
        help = "read the reports, then write `p=quarantine`"
        return CheckResult("dmarc", Verdict.NOTE, message, help)
    help = "write `p=none`, `p=quarantine` or `p=reject` behind `v=DMARC1;`"
    return CheckResult("dmarc", Verdict.WARNING, f"the policy at _dmarc.{owner} has no `p` that is known", help)
