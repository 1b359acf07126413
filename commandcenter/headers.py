"""What every answer tells the browser beside its content: who may frame, keep or read it, and what its scripts may do.
The settings hold the policy of a page; here are the pages that need another."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from csp.constants import NONCE, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse, HttpResponseBase

ALWAYS = {
    # Passkeys are asked for by our own pages; nothing else of the machine is used.
    "Permissions-Policy": "accelerometer=(), autoplay=(self), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Set where the answer does not say otherwise: static files may be kept, nothing else."""
ADMIN_PREFIX = "/admin/"
STYLE_OF_HTMX = "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='"
"""The three rules that htmx, which the theme brings, writes into each page."""
SIGNING_IN = ("/login", "/account")
# The administrator's theme writes its colours into one style element; what stands in it comes from the settings alone.
_COLOURS = re.compile(rb'<style id="unfold-theme-colors">(.*?)</style>', re.DOTALL)


class HeadersMiddleware:
    """The outermost: answers of the static files and of errors have these headers too."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        return response


class PolicyMiddleware:
    """Just inside the Content-Security-Policy's own middleware: what a family of pages changes of it."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(ADMIN_PREFIX):
            # Alpine, of which the theme is made, works out the expressions in its attributes and sets widths by attribute: the two
            # things that the theme needs. No inline script runs without a nonce, no style element without its hash.
            response._csp_update = {  # type: ignore[attr-defined]
                "script-src": [NONCE, UNSAFE_EVAL],
                "style-src": [STYLE_OF_HTMX, *_hash_of_colours(response)],
                "style-src-attr": [UNSAFE_INLINE],
            }
        elif request.path.startswith(SIGNING_IN):
            response._csp_update = {"require-trusted-types-for": ["'script'"], "trusted-types": ["'none'"]}  # type: ignore[attr-defined]
        return response


def _hash_of_colours(response: HttpResponseBase) -> list[str]:
    content = getattr(response, "content", b"") if not response.streaming else b""
    found = _COLOURS.search(content)
    if found is None:
        return []
    digest = base64.b64encode(hashlib.sha256(found.group(1)).digest()).decode()
    return [f"'sha256-{digest}'"]
