"""DKIM (RFC 6376): the keys by which mail servers see that an email was not changed on its way."""

import base64
import binascii
from collections.abc import Iterator, Sequence

from rulekit.records import CheckResult, Verdict
from rulekit_dns.lookup import Lookup
from rulekit_dns.tags import read_tags

# bytes of an RSA key as it is published: a little more than those of its modulus
_BYTES_OF_1024, _BYTES_OF_2048 = 155, 285


def check(lookup: Lookup, domain: str, selectors: Sequence[str]) -> Iterator[CheckResult]:
    """Says whether the key of each selector is there and fit for use."""
    if not selectors:
        help = 'write `dkim_selectors = ["…"]` under `[plugins.dns]`; your provider names them'
        yield CheckResult("dkim", Verdict.NOTE, "not looked at, because no selector is known", help)
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        verdict, message, help = _judge(lookup.texts(name), name, selector)
        yield CheckResult("dkim", verdict, message, help)


def _judge(records: Sequence[str], name: str, selector: str) -> tuple[Verdict, str, str]:
    publish = f"publish the record that your provider gives for the selector `{selector}`"
    keys = [tags for tags in map(read_tags, records) if "p" in tags]
    if not keys:
        return Verdict.PROBLEM, f"there is no key at {name}", publish
    if len(keys) > 1:
        return Verdict.PROBLEM, f"there are {len(keys)} keys at {name}", "leave the one that is in use"
    tags = keys[0]
    if not tags["p"]:
        return Verdict.PROBLEM, f"the key at {name} is withdrawn", publish
    try:
        length = len(base64.b64decode("".join(tags["p"].split()), validate=True))
    except (binascii.Error, ValueError):
        return Verdict.PROBLEM, f"the key at {name} cannot be read", publish
    if tags.get("k", "rsa").lower() == "rsa" and length < _BYTES_OF_2048:
        verdict = Verdict.PROBLEM if length < _BYTES_OF_1024 else Verdict.WARNING
        least = "1024" if verdict is Verdict.PROBLEM else "2048"
        return verdict, f"the key at {name} has less than {least} bits", "ask your provider for one of 2048 bits"
    if "y" in tags.get("t", "").lower().split(":"):
        return Verdict.WARNING, f"the key at {name} is marked as a test (`t=y`)", "take `t=y` out of the record"
    return Verdict.OK, f"there is a key at {name}", ""
