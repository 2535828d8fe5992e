"""Links that unsubscribe one address from one trigger: signed, never expiring, readable only with the secret.

GET on such a link may only show a page; a POST unsubscribes (RFC 8058).
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer

from rulekit.email.addresses import parse_address
from rulekit.errors import SettingsError

MIN_SECRET = 16


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Whom a link unsubscribes from what; the address as the email had it."""

    address: str
    trigger: str


def unsubscribe_link(base_url: str, secret: str, address: str, trigger: str) -> str:
    """Returns the link for one address and trigger: `base_url` and a token.

    Raises SettingsError when the URL is not plain https or the secret is short, ComposeError for a bad address.
    """
    parts = urlsplit(base_url)
    if parts.scheme != "https" or not parts.hostname or parts.fragment or not base_url.isascii():
        raise SettingsError(
            f"`delivery.unsubscribe_url`: `{base_url}` is not a link that can unsubscribe",
            help="write it like `https://mail.example.com/u`",
        )
    token = _signer(secret).dumps([parse_address(address), trigger])
    return f"{base_url}{'&' if parts.query else '?'}token={token}"


def read_unsubscribe(secret: str, token: str) -> Unsubscription | None:
    """Returns what a token says, or None when nobody with the secret made it."""
    try:
        address, trigger = _signer(secret).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return Unsubscription(address, trigger)


def _signer(secret: str) -> URLSafeSerializer:
    if len(secret) < MIN_SECRET:
        raise SettingsError(
            "the secret for unsubscribe links is too short", help=f"use at least {MIN_SECRET} random characters"
        )
    return URLSafeSerializer(
        secret, salt="rulekit.unsubscribe", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    )
