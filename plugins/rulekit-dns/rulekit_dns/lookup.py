"""Questions to the DNS: an answer, no answer, or nobody who answers."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.exception
import dns.name
import dns.resolver
import dns.reversename
from dns.rdata import Rdata

# seconds for one question, of which there are a few
PATIENCE = 5.0

Address = IPv4Address | IPv6Address


class Unanswered(Exception):
    """Nobody answers, or not so that it can be understood."""


class Lookup:
    """A way to ask; every question is given up after some seconds."""

    def __init__(self, nameserver: tuple[str, int] | None, seconds: float) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=nameserver is None)
        except dns.resolver.NoResolverConfiguration:
            raise Unanswered("this machine knows no name server") from None
        if nameserver is not None:
            host, self._resolver.port = nameserver
            self._resolver.nameservers = [host]
        self._resolver.lifetime = min(PATIENCE, seconds / 4)

    def _ask(self, name: str, kind: str) -> list[Rdata]:
        try:
            return list(self._resolver.resolve(dns.name.from_text(name), kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            words = "is no name" if isinstance(error, dns.name.LabelTooLong | dns.name.EmptyLabel) else "gets no answer"
            raise Unanswered(f"the question about {name} ({kind}) {words}") from None

    def texts(self, name: str) -> list[str]:
        """Returns the TXT records of a name, each as one text."""
        return [b"".join(getattr(one, "strings", ())).decode("utf-8", "replace") for one in self._ask(name, "TXT")]

    def mail_servers(self, name: str) -> list[str]:
        """Returns the names of the servers that take mail for a domain; `.` says that it takes none."""
        return [str(getattr(one, "exchange", "")) for one in self._ask(name, "MX")]

    def addresses(self, name: str) -> list[Address]:
        """Returns the addresses of a host, of both kinds."""
        return [ip_address(one.to_text()) for kind in ("A", "AAAA") for one in self._ask(name, kind)]

    def names(self, address: Address) -> list[str]:
        """Returns the names that an address is said to have, without the last dot."""
        reverse = dns.reversename.from_address(str(address)).to_text()
        return [one.to_text().rstrip(".") for one in self._ask(reverse, "PTR")]
