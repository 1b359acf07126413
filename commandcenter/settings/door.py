"""What a browser or a machine may ask of a web process, and how: cookies, policies, limits, files handed in, calls to others."""

from __future__ import annotations

from csp.constants import NONE, SELF

from commandcenter.settings.place import SIAGA_TLS, env

# A web process told to stop: seconds of 503 at /readyz before it stops listening, then seconds to move its consoles over.
DRAIN_NOTICE_SECONDS = env.float("SIAGA_DRAIN_NOTICE_SECONDS", default=0.0)
DRAIN_SECONDS = env.float("SIAGA_DRAIN_SECONDS", default=5.0)

# Behind TLS the names say that no other host and no plain connection can have set them.
_COOKIE_PREFIX = "__Host-" if SIAGA_TLS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
CSRF_FAILURE_VIEW = "commandcenter.error_pages.csrf_failed"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SIAGA_TLS
SECURE_SSL_REDIRECT = SIAGA_TLS
SECURE_HSTS_SECONDS = 31_536_000 if SIAGA_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SIAGA_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SIAGA_TLS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# Limits of a process, kept in its memory (commandcenter/limits): "so many a second/so many at once".
LIMIT_TOKEN = env.str("SIAGA_LIMIT_TOKEN", default="1000/2000")
LIMIT_TRACKER = env.str("SIAGA_LIMIT_TRACKER", default="5000/10000")
LIMIT_SESSION = env.str("SIAGA_LIMIT_SESSION", default="100/400")
LIMIT_SESSIONS_OF_ADDRESS = env.str("SIAGA_LIMIT_SESSIONS_OF_ADDRESS", default="500/2000")
LIMIT_ADDRESS = env.str("SIAGA_LIMIT_ADDRESS", default="20/200")
LIMIT_FAILURES = env.str("SIAGA_LIMIT_FAILURES", default="2/200")
SOCKETS_MAX = env.int("SIAGA_SOCKETS", default=1000)
SOCKETS_OF_SESSIONS_MAX = env.int("SIAGA_SOCKETS_OF_SESSIONS", default=5)
SOCKETS_OF_TOKENS_MAX = env.int("SIAGA_SOCKETS_OF_TOKENS", default=600)
HEAD_SECONDS = env.float("SIAGA_HEAD_SECONDS", default=15.0)
BODY_SECONDS = env.float("SIAGA_BODY_SECONDS", default=30.0)
BODY_BYTES_MAX = int(env.float("SIAGA_BODY_MB", default=10.0) * 1_000_000)
# What a file that is handed in may have (incidents/uploads.py).
IMPORT_MB_MAX = env.float("SIAGA_IMPORT_MB", default=2.0)
IMPORT_GEOJSON_MB_MAX = env.float("SIAGA_IMPORT_GEOJSON_MB", default=20.0)
IMPORT_ROWS_MAX = env.int("SIAGA_IMPORT_ROWS", default=5000)
IMPORT_COLUMNS_MAX = env.int("SIAGA_IMPORT_COLUMNS", default=50)
IMPORT_CELL_CHARACTERS_MAX = env.int("SIAGA_IMPORT_CELL_CHARACTERS", default=2000)
# Other hosts that Siaga may call although their address is not public (incidents/outbound.py).
OUTBOUND_HOSTS = env.list("SIAGA_OUTBOUND_HOSTS", default=[])
OUTBOUND_SECONDS = env.float("SIAGA_OUTBOUND_SECONDS", default=10.0)
OUTBOUND_MB_MAX = env.float("SIAGA_OUTBOUND_MB", default=5.0)
