"""What to do about a call that failed, in the words of whoever runs the shop."""

from __future__ import annotations

import re

from app.errors import LoginRefused, Malformed, RemoteError, Unavailable
from app.http import CERTIFICATE
from app.integrations.woocommerce.rest.calls import MOVED, code_of

KEYS = "make new keys under WooCommerce → Settings → Advanced → REST API, with the right Read/Write, as an administrator"
PERMALINKS = "check the shop address, that WooCommerce is switched on, and that Settings → Permalinks is anything but Plain"
PLAIN = "choose any other kind than Plain under Settings → Permalinks in the shop, and save"
LET_THROUGH = "let calls to /wp-json/ through in the shop's security plugin or firewall, or ask whoever runs its server"
SWAP = "take the one that begins with ck_ as consumer_key, and the one that begins with cs_ as consumer_secret"
PASSWORD = "take the password protection of the whole site (htpasswd, a staging lock) off /wp-json/"  # noqa: S105 - a sentence
PHP = "PHP writes its messages into the answer: set WP_DEBUG_DISPLAY to false in wp-config.php, and read the server's PHP log"
LEGACY_OFF = "switch the REST API on in the shop, under WooCommerce → Settings → General (2.2, 2.3) or → API (2.4, 2.5)"

BLOCKED = frozenset(
    {"rest_cannot_access", "rest_disabled", "rest_api_disabled", "rest_login_required", "rest_not_logged_in", "rest_forbidden"}
)
"""What security plugins answer instead of WooCommerce (their documentation; none was run)."""


_FIREWALL = re.compile(
    r"just a moment|cf-chl|challenge-platform|attention required|cloudflare|sucuri|wordfence|incapsula|imunify|sgcaptcha|captcha"
    r"|access denied|mod_security|not acceptable|you have been blocked",
    re.IGNORECASE,
)
"""In the pages of firewalls and of hosts' guards against robots (as users report them)."""
_REFUSED_BEFORE = frozenset({405, 406, 418, 444})
"""What servers answer by a rule of their own (mod_security, nginx)."""


def is_blocked(error: RemoteError) -> bool:
    """Whether something before WooCommerce refused the call."""
    code = code_of(error.answer)
    if isinstance(error, LoginRefused):
        return code in {"", *BLOCKED}
    if code or not isinstance(error, Malformed | Unavailable):
        return False
    return error.status in _REFUSED_BEFORE or _FIREWALL.search(error.answer or "") is not None


def blocked_fix(error: RemoteError) -> str:
    asks = error.status == 401 and not code_of(error.answer)
    return f"{PASSWORD}; or {LET_THROUGH}" if asks else LET_THROUGH


def fix_of(error: RemoteError, signed: bool) -> str:
    """`signed`: the call went with OAuth 1.0a, over plain http."""
    if is_blocked(error):
        return blocked_fix(error)
    if isinstance(error, LoginRefused):
        return _login_fix(error, signed)
    if isinstance(error, Unavailable):
        return _network_fix(error)
    if isinstance(error, Malformed):
        return "take that address as shop_url" if MOVED in error.message else PERMALINKS
    return "see the shop's own words"


def _login_fix(error: LoginRefused, signed: bool) -> str:
    said = error.message.lower()
    if "timestamp" in said:
        return "set the clock of the shop or of the gateway: they differ by more than 15 minutes"
    if "signature" in said:
        return "check the consumer secret, and that shop_url is exactly the shop's own home address, with its port"
    if "permission" in said:
        return "give the key Read/Write under WooCommerce → Settings → Advanced → REST API"
    if "consumer key" in said or "consumer secret" in said:
        return "check the consumer key and secret for a missing character"
    if code_of(error.answer) == "woocommerce_rest_cannot_view" and error.status == 403:
        return f"the key is known, and its user has no right to this any more: give that user a shop manager's role, or {KEYS}"
    if code_of(error.answer) == "woocommerce_rest_cannot_view":
        unseen = "" if signed else "; or the web server hides the login from the shop (Authorization header)"
        return f"the key is unknown, or its user has no right to this: {KEYS}{unseen}"
    return KEYS


def _network_fix(error: Unavailable) -> str:
    if CERTIFICATE in error.message:
        return (
            "have the shop's certificate renewed; if your own authority made it, set GATEWAY_CA_FILE to that authority's PEM file"
        )
    if "GATEWAY_ALLOW_PLAIN_HTTP" in error.message:
        return "use the shop's https address, or set GATEWAY_ALLOW_PLAIN_HTTP=true when it really has none"
    if error.sent:
        return "try again later; if it stays so, ask whoever runs the shop"
    return "check the shop address, and that the shop can be reached from here"
