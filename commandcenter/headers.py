"""What every answer tells the browser beside its content: who may frame, keep or read it, and what its scripts may do.
The settings hold the policy of a page; here are the pages that need another."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from csp.constants import NONCE, UNSAFE_EVAL
from django.http import HttpRequest, HttpResponse, HttpResponseBase

ALWAYS = {
    # Passkeys are asked for by our own pages; nothing else of the machine is used.
    "Permissions-Policy": "accelerometer=(), autoplay=(self), bluetooth=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Set where the answer does not say otherwise: static files may be kept, nothing else."""
ADMIN_PREFIX = "/admin/"
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
            # Alpine, of which the theme is made, works out the expressions in its attributes. No inline script runs without a nonce.
            response._csp_update = {  # type: ignore[attr-defined]
                "script-src": [NONCE, UNSAFE_EVAL],
                **_hash_of_colours(response),
            }
        elif request.path.startswith(SIGNING_IN):
            response._csp_update = {"require-trusted-types-for": ["'script'"], "trusted-types": ["'none'"]}  # type: ignore[attr-defined]
        return response


def _hash_of_colours(response: HttpResponseBase) -> dict[str, list[str]]:
    content = getattr(response, "content", b"") if not response.streaming else b""
    found = _COLOURS.search(content)
    if found is None:
        return {}
    digest = base64.b64encode(hashlib.sha256(found.group(1)).digest()).decode()
    return {"style-src": [f"'sha256-{digest}'"]}
