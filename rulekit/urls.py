"""URLs of the settings: what those of each scheme that ships inside may say, known before anything is opened.

A secret comes from the environment: `${NAME}` stands for a user or a password, for a path that is only read, or for the
whole URL of a store. It stands for nothing that another machine would get (a host, an option) or that is written (a
file's name). A fault is a ValueError with what is wrong, a semicolon and what to do; none shows the URL.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from rulekit.errors import RulekitError
from rulekit.suggestions import did_you_mean

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
TIMEOUT = 30.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SMTP = "write it like `smtp://user:${SMTP_PASSWORD}@mail.example.com:587?tls=required`"
_POSTGRES = "write it like `postgresql://user:${STORE_PASSWORD}@db.example.com:5432/rulekit`"
_SQLITE = "write it like `sqlite:///state/rulekit.db`"
_DUCKDB = "write it like `duckdb:///crm.duckdb`, or `duckdb:////srv/crm.duckdb` for a path from the root"
# RFC 3986, sections 3.1 and 3.2: the scheme, and what is between `//` and the path
_HEAD = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?")
_DATABASE = re.compile(
    r"[^:]+://(?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?(?P<host>\[[^]]*\]|[^/:?]*)(?::(?P<port>[^/?]*))?"
    r"(?:/(?P<name>[^?]*))?(?:\?(?P<options>.*))?",
    re.DOTALL,
)
_PORTS = {"smtp": 587, "smtps": 465}
_TLS = ("required", "implicit", "off")
_SMTP_OPTIONS = ("tls", "ca", "timeout")
# https://www.postgresql.org/docs/current/libpq-connect.html, section 34.1.2, and their fixed words
_WORDS: Mapping[str, tuple[str, ...]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "channel_binding": ("require", "prefer", "disable"),
    "gssencmode": ("disable", "prefer", "require"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "load_balance_hosts": ("disable", "random"),
    "sslnegotiation": ("postgres", "direct"),
    "sslcertmode": ("disable", "allow", "require"),
}
_NUMBERS = (
    *("connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
    *("tcp_user_timeout", "sslcompression", "sslsni", "gssdelegation"),
)
_TEXTS = (
    *("host", "hostaddr", "port", "dbname", "user", "password", "passfile", "require_auth", "client_encoding"),
    *("options", "application_name", "fallback_application_name", "sslcert", "sslkey", "sslpassword", "sslrootcert"),
    *("sslcrl", "sslcrldir", "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname"),
    *("gsslib", "service", "min_protocol_version", "max_protocol_version", "scram_client_key", "scram_server_key"),
)

_PASSWORDS = ("password", "sslpassword")
_SECRET_OPTION = re.compile(rf"[?&](?:{'|'.join(_PASSWORDS)})=[^&]*$")


@dataclass(frozen=True, slots=True)
class SmtpUrl:
    """What the URL of a mail server says; `ca` is a path as it is written, and `timeout` in seconds."""

    host: str
    port: int
    tls: str
    timeout: float
    ca: str | None
    user: str
    password: str = field(repr=False)


def check_source_url(url: str) -> None:
    """Raises ValueError when a URL cannot be that of a source; of a plugin's scheme little is known."""
    _check(url, {"files": _check_folder, "duckdb": _check_duckdb}, "`files:data`", read=("files", "duckdb"))


def check_store_url(url: str) -> None:
    """Raises ValueError when a URL cannot be that of a store."""
    databases = dict.fromkeys(("postgresql", "postgres", "postgresql+psycopg"), _check_postgres)
    if VARIABLE.fullmatch(url):
        return
    known = {"sqlite": _check_sqlite, **databases}
    _check(url, known, "`sqlite:///state/rulekit.db`")
    if url.partition(":")[0] not in known:
        raise ValueError(f"it does not name a store that this version can keep; {_SQLITE}, or {_POSTGRES[14:]}")


def check_sender_url(url: str) -> None:
    """Raises ValueError when a URL cannot be that of a sender; of a plugin's scheme little is known."""
    _check(url, {"folder": _check_folder, "smtp": parse_smtp, "smtps": parse_smtp}, "`folder:outbox`")


def check_page_url(url: str) -> None:
    """Raises ValueError when a URL cannot be that of a page behind a link in an email."""
    advice = "write it like `https://mail.example.com/u`"
    if VARIABLE.search(url):
        raise ValueError(f"everybody sees it, so it reads no environment; {advice}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"it has no port or host that there can be; {advice}") from None
    if parts.scheme != "https" or not parts.hostname or port == 0 or re.search(r"[\s<>\"]", url):
        raise ValueError(f"`{url}` is not a link that can unsubscribe; {advice}")
    if parts.username is not None or parts.fragment:
        raise ValueError(f"it has a user or a `#`, which a link that can unsubscribe has not; {advice}")


def has_password(url: str) -> bool:
    """Returns whether a password stands in a URL as it is, and not as `${NAME}`."""
    try:
        parts = urlsplit(url)
        passwords = [parts.password or "", *(value for name, value in parse_qsl(parts.query) if name in _PASSWORDS)]
    except ValueError:
        return False
    return any(password and not VARIABLE.search(password) for password in passwords)


def near_miss(url: str, schemes: tuple[str, ...]) -> str:
    """Returns what a message ends with when the scheme of a URL is nearly one of these, otherwise nothing."""
    scheme = url.partition(":")[0]
    return "" if scheme in schemes or VARIABLE.search(scheme) else did_you_mean(scheme, schemes)


def _check(url: str, known: Mapping[str, Callable[[str], object]], example: str, read: tuple[str, ...] = ()) -> None:
    head = _HEAD.match(url)
    if head is None:
        raise ValueError(f"it has no scheme; write it like {example}")
    scheme = head["scheme"]
    for place in _variables(url, head):
        if place not in ({"login", "path"} if scheme in read else {"login"} if scheme in known else _OF_PLUGINS):
            advice = "write what stands there as it is"
            raise ValueError(f"`${{…}}` may stand for a login and not for {_PLACES[place]}; {advice}")
    if scheme in known:
        known[scheme](url)


_PLACES = {"host": "a host or port", "path": "a path", "options": "an option", "login": "a login"}
_OF_PLUGINS = {"login", "path", "options"}


def _variables(url: str, head: re.Match[str]) -> Iterator[str]:
    """Yields the place of each variable."""
    login = head.start("authority") + (head["authority"] or "").rfind("@")
    options = url.find("?", head.end())
    for variable in VARIABLE.finditer(url):
        if variable.start() < head.end():
            yield "login" if variable.end() <= login else "host"
        elif 0 <= options < variable.start():
            yield "login" if _SECRET_OPTION.search(url[: variable.start()]) else "options"
        else:
            yield "path"


def _check_folder(url: str) -> None:
    scheme, _, path = url.partition(":")
    example = f"write it like `{scheme}:{'data' if scheme == 'files' else 'outbox'}`"
    if not path.strip("/") and path != "/":
        raise ValueError(f"it names no folder; {example}")
    if path.startswith("//"):
        raise ValueError(f"a folder follows the `:` without `//`; {example}")
    _refuse_options(url, example)


def _check_duckdb(url: str) -> None:
    host, _, path = url.removeprefix("duckdb:").removeprefix("//").partition("/")
    if not url.startswith("duckdb://") or host or not path.strip("/"):
        raise ValueError(f"it names no DuckDB file; {_DUCKDB}")
    _refuse_options(url, _DUCKDB)


def _check_sqlite(url: str) -> None:
    host, _, path = url.removeprefix("sqlite:").removeprefix("//").partition("/")
    if not url.startswith("sqlite://") or host or not path.strip("/") or path == ":memory:":
        raise ValueError(f"it does not name a store: no file follows `sqlite:///`; {_SQLITE}")
    _refuse_options(url, _SQLITE)


def _refuse_options(url: str, example: str) -> None:
    if "?" in url or "#" in url:
        raise ValueError(f"it takes no options, and a name without `?` and `#`; {example}")


def _check_postgres(url: str) -> None:
    parts = _DATABASE.fullmatch(url)
    if parts is None or not parts["name"]:
        raise ValueError(f"it does not name a store: no database follows the host; {_POSTGRES}")
    if parts["port"] is not None and not (parts["port"].isdecimal() and 0 < int(parts["port"]) < 65536):
        raise ValueError(f"it does not name a store: its port is none from 1 to 65535; {_POSTGRES}")
    _check_host(parts["host"] or "")
    for name, value in parse_qsl(parts["options"] or "", keep_blank_values=True):
        _check_option(name, value)


def _check_option(name: str, value: str) -> None:
    known = (*_WORDS, *_NUMBERS, *_TEXTS)
    if name not in known:
        raise ValueError(f"there is no option `{name}`{did_you_mean(name, known) or f'; {_POSTGRES}'}")
    words = _WORDS.get(name)
    if words is not None and value not in words:
        raise ValueError(f"`{name}={value}` is unknown; write {_either(words)}")
    if name in _NUMBERS and not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise ValueError(f"`{name}={value}` is no whole number; write one, as in `{name}=10`")


def parse_smtp(url: str) -> SmtpUrl:
    """Returns what the URL of a mail server says; raises ValueError, without the password."""
    try:
        parts = urlsplit(url)
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        user, password = (unquote(part or "", errors="strict") for part in (parts.username, parts.password))
    except (ValueError, KeyError):
        raise ValueError(f"it cannot be read as the URL of a server; {_SMTP}") from None
    if port == 0 or parts.path.strip("/") or parts.fragment:
        raise ValueError(f"it has a port 0, a path or a `#`, which no mail server has; {_SMTP}")
    for name in options.keys() - set(_SMTP_OPTIONS):
        raise ValueError(
            f"there is no option `{name}`{did_you_mean(name, _SMTP_OPTIONS) or f'; write {_either(_SMTP_OPTIONS)}'}"
        )
    _check_host(parts.hostname or "")
    tls, timeout = _tls(parts.scheme, options), _timeout(options)
    found = SmtpUrl(parts.hostname or "", port, tls, timeout, options.get("ca"), user, password)
    _refuse_unsafe(found)
    return found


def _check_host(host: str) -> None:
    if re.search(r"\s", host):
        raise ValueError("there is a blank in its host, which no name of a machine has; take it out")


def _tls(scheme: str, options: Mapping[str, str]) -> str:
    word = options.get("tls", "implicit" if scheme == "smtps" else "required")
    if word not in _TLS:
        raise ValueError(f"`tls={word}` is unknown; write {_either(_TLS)}")
    if scheme == "smtps" and word != "implicit":
        raise ValueError(f"`smtps` is `tls=implicit`; write `smtp://…?tls={word}`")
    return word


def _timeout(options: Mapping[str, str]) -> float:
    text = options.get("timeout", str(TIMEOUT))
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text, re.ASCII) or not 0 < float(text) <= 600:
        raise ValueError(f"`timeout={text}` is no time; write seconds up to 600: `timeout=30`")
    return float(text)


def _refuse_unsafe(server: SmtpUrl) -> None:
    if not server.host:
        raise ValueError(f"it names no server; {_SMTP}")
    if bool(server.user) != bool(server.password):
        raise ValueError(f"it needs both a user and a password, or neither; {_SMTP}")
    if not server.user.isascii() or not server.password.isascii():
        raise ValueError("user and password must be ASCII; write other ones, which the server knows, too")
    if server.user and server.tls == "off" and server.host not in LOOPBACK:
        raise ValueError("it would send the password unprotected; write `tls=required`, or leave out user and password")


@contextmanager
def refusing(kind: type[RulekitError], key: str) -> Iterator[None]:
    """Turns a ValueError of this module into an error of that kind that names the setting."""
    try:
        yield
    except ValueError as error:
        said, _, advice = str(error).rpartition("; ")
        if advice.startswith("did you mean"):
            said, advice = str(error), "see docs/reference/settings.md for every option"
        raise kind(f"`{key}`: {said}", help=advice) from None


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(f'`{word}`' for word in words[:-1])} or `{words[-1]}`"
