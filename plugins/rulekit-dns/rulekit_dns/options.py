"""What `[plugins.dns]` in `rulekit.toml` may say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address

from rulekit.errors import SettingsError
from rulekit.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Options:
    """The selectors of DKIM, the domains that emails are from, and the name server to ask: address and port."""

    dkim_selectors: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    nameserver: tuple[str, int] | None = None


def read_options(given: Mapping[str, object]) -> Options:
    """Returns the options; raises SettingsError for one that is unknown or cannot be read."""
    known = [field.name for field in fields(Options)]
    for name in given:
        if name not in known:
            problem = f"there is no setting `plugins.dns.{name}`{did_you_mean(name, known)}"
            raise SettingsError(problem, help=f"there are {', '.join(f'`{one}`' for one in known)}")
    return Options(
        dkim_selectors=_names(given, "dkim_selectors"),
        domains=_names(given, "domains"),
        nameserver=_server(given.get("nameserver")),
    )


def _names(given: Mapping[str, object], option: str) -> tuple[str, ...]:
    value = given.get(option, [])
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        raise SettingsError(f"`plugins.dns.{option}` is no list of names", help=f'write it like `{option} = ["…"]`')
    return tuple(value)


def _server(value: object) -> tuple[str, int] | None:
    if value is None:
        return None
    text = str(value)
    host, port = text, "53"
    if text.count(":") == 1 or text.startswith("["):
        host, _, port = text.rpartition(":")
    try:
        return str(ip_address(host.strip("[]"))), int(port)
    except ValueError:
        problem = f"`plugins.dns.nameserver` is no address: `{text}`"
        raise SettingsError(problem, help='write it like `nameserver = "9.9.9.9"` or `"192.0.2.1:5353"`') from None
