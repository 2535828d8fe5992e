"""Links that unsubscribe one address from one trigger: never expiring, made and read only with the secret.

The token in a link is encrypted and authenticated (AES-SIV, RFC 5297), so that a log or a history that holds it names
nobody. It is the same each time, as the email that holds it must be.

GET on such a link may only show a page; a POST unsubscribes (RFC 8058).
"""

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeSerializer

from rulekit.email.addresses import parse_address
from rulekit.errors import SettingsError

MIN_SECRET = 16
_PURPOSE = b"rulekit.unsubscribe"
# blanks fill a text up to a multiple of this, so that a token does not tell how long an address is
_BLOCK = 32


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
    token = _encrypt(secret, [parse_address(address), trigger])
    return f"{base_url}{'&' if parts.query else '?'}token={token}"


def read_unsubscribe(secret: str, token: str) -> Unsubscription | None:
    """Returns what a token says, or None when nobody with the secret made it."""
    # emails that were sent long ago carry tokens that are signed only, in two parts
    read = _verify if "." in token else _decrypt
    try:
        address, trigger = read(secret, token)
    except (BadData, InvalidTag, ValueError, TypeError):
        return None
    return Unsubscription(address, trigger)


def _encrypt(secret: str, content: list[str]) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    filled = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)
    return urlsafe_b64encode(_cipher(secret).encrypt(filled, None)).decode().rstrip("=")


def _decrypt(secret: str, token: str) -> list[str]:
    content = b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True)
    found: list[str] = json.loads(_cipher(secret).decrypt(content, None))
    return found


def _verify(secret: str, token: str) -> list[str]:
    found: list[str] = _signer(secret).loads(token)
    return found


def _cipher(secret: str) -> AESSIV:
    return AESSIV(HKDF(SHA512(), length=64, salt=None, info=_PURPOSE).derive(_enough(secret).encode()))


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        _enough(secret),
        salt=_PURPOSE,
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def _enough(secret: str) -> str:
    if len(secret) < MIN_SECRET:
        raise SettingsError(
            "the secret for unsubscribe links is too short", help=f"use at least {MIN_SECRET} random characters"
        )
    return secret
