"""Servers: where answers and bounces go, and whether the one that sends is who it says it is."""

from collections.abc import Iterator
from ipaddress import ip_address

from rulekit.records import CheckResult, Verdict
from rulekit_dns.lookup import Address, Lookup


def check_mx(lookup: Lookup, domain: str) -> Iterator[CheckResult]:
    """Says whether anybody takes mail for a domain: answers, bounces, and what people who complain write."""
    servers = lookup.mail_servers(domain)
    taking = [name for name in servers if name != "."]
    help = f"publish an MX record at {domain}, so that answers and bounces arrive"
    if taking:
        yield CheckResult("mx", Verdict.OK, f"{domain} takes mail at {taking[0].rstrip('.')}")
    elif servers:
        yield CheckResult("mx", Verdict.WARNING, f"{domain} says that it takes no mail", help)
    elif lookup.addresses(domain):
        yield CheckResult("mx", Verdict.NOTE, f"{domain} names no mail server, so mail goes to the host itself", help)
    else:
        yield CheckResult("mx", Verdict.WARNING, f"no server takes mail for {domain}", help)


def check_server(lookup: Lookup, host: str) -> Iterator[CheckResult]:
    """Says whether each address of the server has a name that leads back to it."""
    found = _addresses(lookup, host)
    if not found:
        yield CheckResult("server", Verdict.PROBLEM, f"{host} has no address", "correct `url` under `[sender]`")
    for address in found:
        if not address.is_global:
            message = f"{address} is no address of the internet, so the one that others see cannot be looked at"
            yield CheckResult("server", Verdict.NOTE, message)
        else:
            yield _reverse(lookup, address)


def _addresses(lookup: Lookup, host: str) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        return lookup.addresses(host)


def _reverse(lookup: Lookup, address: Address) -> CheckResult:
    names = lookup.names(address)
    help = "have whoever gave you the address publish its name; with a provider's server there is nothing to do"
    if not names:
        return CheckResult("server", Verdict.WARNING, f"{address} has no name", help)
    back = next((name for name in names if address in lookup.addresses(name)), None)
    if back is None:
        return CheckResult("server", Verdict.WARNING, f"{address} is called {names[0]}, which leads elsewhere", help)
    return CheckResult("server", Verdict.OK, f"{address} is {back}")
