"""Checks of the DNS for `rulekit doctor`: whether mail servers will believe that a project's emails are its own."""

from collections.abc import Iterable, Iterator

from rulekit.hooks import hookimpl
from rulekit.records import CheckRequest, CheckResult, Verdict
from rulekit_dns import dkim, dmarc, hosts, spf
from rulekit_dns.lookup import Lookup, Unanswered
from rulekit_dns.options import Options, read_options


@hookimpl
def check_setup(request: CheckRequest) -> Iterable[CheckResult]:
    """Returns what the DNS says of the domains that emails are from, and of the server that they are handed to."""
    options = read_options(request.options)
    if request.offline:
        return [CheckResult("dns", Verdict.NOTE, "not asked (`--offline`)")]
    return list(_check(request, options))


def _check(request: CheckRequest, options: Options) -> Iterator[CheckResult]:
    domains = options.domains or ([request.sender.rpartition("@")[2]] if request.sender else [])
    if not domains:
        help = "set `from` under `[sender]`, or `domains` under `[plugins.dns]`"
        yield CheckResult("dns", Verdict.NOTE, "nothing says which domain emails are from", help)
    try:
        lookup = Lookup(options.nameserver, request.seconds)
        for domain in domains:
            yield from spf.check(lookup, domain)
            yield from dkim.check(lookup, domain, options.dkim_selectors)
            yield from dmarc.check(lookup, domain)
            yield from hosts.check_mx(lookup, domain)
        if request.server:
            yield from hosts.check_server(lookup, request.server)
    except Unanswered as error:
        # what does not answer once is not asked again and again
        help = "see that this machine reaches a name server, or name one in `[plugins.dns]`"
        yield CheckResult("dns", Verdict.WARNING, str(error), help)
