"""Knows the user of each request from the header that the proxy signed.

    X-LedgerCloud-Identity: v1;<base64url of the name>;<Unix milliseconds>;<hex of the MAC>

The MAC is HMAC-SHA-256 under this server's own key over "v1", the encoded name, the time, the
method and the path with query as sent, joined by line feeds. It holds for this very request, for a
minute. Unlike a token it leaves Jupyter's checks of XSRF tokens and of Origin switched on.
"""

import base64
import binascii
import hashlib
import hmac
import time

from jupyter_server.auth.identity import IdentityProvider, User

HEADER = "X-LedgerCloud-Identity"
VERSION = "v1"
CLOCK_DIFFERENCE_MAX_MS = 60_000
NAME_BYTES_MAX = 256


def verified_name(key, header, method, target, now_ms):
    """The user's name in a header that holds for this request now, else None.

    key: bytes; header: str; target: path and query as sent; now_ms: Unix milliseconds.
    """
    parts = header.split(";")
    if len(parts) != 4 or parts[0] != VERSION:
        return None
    _, encoded_name, sent_ms, mac = parts
    signed = "\n".join((VERSION, encoded_name, sent_ms, method, target))
    expected = hmac.new(key, signed.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode("ascii"), mac.encode("utf-8", "surrogateescape")):
        return None
    # From here on the proxy itself has written everything.
    if not (sent_ms.isascii() and sent_ms.isdigit()):
        return None
    if abs(now_ms - int(sent_ms)) > CLOCK_DIFFERENCE_MAX_MS:
        return None
    try:
        padding = "=" * (-len(encoded_name) % 4)
        name = base64.b64decode(encoded_name + padding, altchars=b"-_", validate=True)
        name = name.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name if 0 < len(name.encode("utf-8")) <= NAME_BYTES_MAX else None


class LedgerCloudIdentityProvider(IdentityProvider):
    """Accepts signed requests and nothing else: no token, no password, no login cookie."""

    # Set once by notebook_server.py, before the first request.
    key = None

    need_token = False
    # There is no form to log in with: people sign in at the hub.
    login_available = False

    def get_user(self, handler):
        headers = handler.request.headers.get_list(HEADER)
        if self.key is None or len(headers) != 1:
            return None
        request = handler.request
        now_ms = time.time_ns() // 1_000_000
        name = verified_name(self.key, headers[0], request.method, request.uri, now_ms)
        return None if name is None else User(username=name)

    def is_token_authenticated(self, handler):
        # The browser sends these requests, so what guards against forged ones stays on.
        return False
