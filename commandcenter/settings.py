"""Every setting of Siaga, read from the environment; each has a line in docs/operating.md.
No logic beyond reading values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("SIAGA_DEBUG", default=False)
SECRET_KEY = env.str("SIAGA_SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("SIAGA_SECRET_KEY is not set; script/server and script/manage make one by themselves")
# The demo's well-known logins work only while this is on; script/server sets it, with private services alone.
SIAGA_DEMO = env.bool("SIAGA_DEMO", default=False)
DEMO_PASSWORD = "siaga-112"
ALLOWED_HOSTS = env.list("SIAGA_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("SIAGA_TRUSTED_ORIGINS", default=[])
SIAGA_TLS = env.bool("SIAGA_TLS", default=False)
SIAGA_VAR = Path(env.str("SIAGA_VAR", default=str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "channels",
    "csp",
    "leaflet",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "pgtrigger",
    "django_pg_migration_tools",
    "incidents",
    "dispatch",
    "commandcenter",
]
MIDDLEWARE = [
    "commandcenter.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "commandcenter.headers.PolicyMiddleware",
    "commandcenter.api.errors.ApiErrorMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "commandcenter.doors.DoorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "commandcenter.language.UserLanguageMiddleware",
    "commandcenter.signin.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
# A web process told to stop: seconds of 503 at /readyz before it stops listening, then seconds to move its consoles over.
DRAIN_NOTICE_SECONDS = env.float("SIAGA_DRAIN_NOTICE_SECONDS", default=0.0)
DRAIN_SECONDS = env.float("SIAGA_DRAIN_SECONDS", default=5.0)

ROOT_URLCONF = "commandcenter.urls"
ASGI_APPLICATION = "commandcenter.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

POOL_CONNECTIONS_MAX = env.int("SIAGA_DB_POOL", default=16)
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgis:///siaga", engine="commandcenter.postgis")}
# Through PgBouncer in transaction mode nothing may belong to a session: no startup options (deploy/pgbouncer.ini asks for
# the same time-outs), no prepared statements, no cursors that outlive a transaction.
PGBOUNCER = env.bool("SIAGA_PGBOUNCER", default=False)
# Several hosts (`host1:5432,host2:5432`): a primary and its standby; whichever takes writes is used, so that a promotion is
# followed by itself. What the address says behind `?` goes to libpq.
_ASKED: dict[str, Any] = DATABASES["default"].get("OPTIONS", {})
_IS_ONE_OF_SEVERAL = "," in f"{DATABASES['default']['HOST']}{_ASKED.get('host', '')}"
_CONNECT: dict[str, Any] = {
    # A pool that waits longer and longer between its tries would find a database that is back only a minute later.
    "pool": {"min_size": 1, "max_size": POOL_CONNECTIONS_MAX, "timeout": 5, "reconnect_timeout": 5},
    "connect_timeout": 2 if _IS_ONE_OF_SEVERAL else 5,
    # A database whose machine or network is gone is given up, not waited for.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10000,  # milliseconds
    **({"target_session_attrs": "read-write"} if _IS_ONE_OF_SEVERAL else {}),
    **_ASKED,
}
if PGBOUNCER:
    _CONNECT["prepare_threshold"] = None
else:
    # A process that hangs or is cut off in the middle of a change holds its rows, and at the end of it the feed of the whole
    # room, so long; a healthy one says its next word within milliseconds. Nobody waits for a row for ever either.
    _CONNECT["options"] = "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=10000"
DATABASES["default"].update(
    CONN_MAX_AGE=0,
    CONN_HEALTH_CHECKS=True,
    DISABLE_SERVER_SIDE_CURSORS=PGBOUNCER,
    OPTIONS=_CONNECT,
)
# What may be a little old is read there while it keeps up (incidents/replica.py).
REPLICA_URL = env.str("SIAGA_REPLICA_URL", default="")
REPLICA_LAG_SECONDS = env.float("SIAGA_REPLICA_LAG_SECONDS", default=5.0)
if REPLICA_URL:
    DATABASES["replica"] = env.db_url("SIAGA_REPLICA_URL", engine="commandcenter.postgis") | {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": PGBOUNCER,
        "OPTIONS": {
            "pool": {"min_size": 0, "max_size": POOL_CONNECTIONS_MAX, "timeout": 2},
            "connect_timeout": 2,
            "tcp_user_timeout": 5000,  # milliseconds: a replica whose network is gone is given up, not waited for
        },
        "TEST": {"MIRROR": "default"},
    }
DATABASE_ROUTERS = ["commandcenter.routers.ReplicaRouter"]
SILENCED_SYSTEM_CHECKS = ["gis.W001"]  # GDAL reads only files that an administrator names
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_TIMEOUT_SECONDS = 0.5

# Trackers: how far outside the zones a unit may be, how many times faster than its kind can be (a simulation may be), and
# for how many days past positions are kept.
POSITION_REGION_KM = env.float("SIAGA_POSITION_REGION_KM", default=50.0)
POSITION_SPEEDUP = env.float("SIAGA_POSITION_SPEEDUP", default=1.0)
POSITION_DAYS = env.int("SIAGA_POSITION_DAYS", default=90)

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A Redis that is full refuses what a worker writes there when it has done a job: then it looks for Redis again until there is
# room, instead of ending.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "retry_on_timeout": True,
    "health_check_interval": 5,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_DEFAULT_QUEUE = "dispatch"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # our lines are JSON already; as a message of Celery they would be withheld
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False

AUTH_USER_MODEL = "incidents.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "incidents.accounts.AccountBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"

# Signing in: the second factor, the lock after failures, how long a session lives. Secrets are encrypted with SECRET_KEY
# (commandcenter/signin/adapters.py).
REQUIRE_MFA = env.bool("SIAGA_REQUIRE_MFA", default=not SIAGA_DEMO)
LOCK_FAILURES = env.int("SIAGA_LOCK_FAILURES", default=5)
LOCK_MINUTES = env.float("SIAGA_LOCK_MINUTES", default=15.0)
SESSION_ENGINE = "incidents.sessions"
SESSION_COOKIE_AGE = int(env.float("SIAGA_SESSION_HOURS", default=13.0) * 3600)
SESSION_IDLE_MINUTES = env.float("SIAGA_SESSION_IDLE_MINUTES", default=120.0)
ACCOUNT_ADAPTER = "commandcenter.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # axes counts, in the database, for all web processes
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "commandcenter.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = False
MFA_TOTP_ISSUER = "Siaga 112"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "commandcenter.signin.forms.CodeForm",
    "reauthenticate": "commandcenter.signin.forms.ConfirmCodeForm",
    "activate_totp": "commandcenter.signin.forms.EnrolAppForm",
    "add_webauthn": "commandcenter.signin.forms.AddPasskeyForm",
    "authenticate_webauthn": "commandcenter.signin.forms.UsePasskeyForm",
    "reauthenticate_webauthn": "commandcenter.signin.forms.ConfirmPasskeyForm",
    "login_webauthn": "commandcenter.signin.forms.LoginPasskeyForm",
}
AXES_FAILURE_LIMIT = LOCK_FAILURES
AXES_COOLOFF_TIME = timedelta(minutes=LOCK_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["password", "code", "credential", "csrfmiddlewaretoken"]
AXES_CLIENT_IP_CALLABLE = "commandcenter.signin.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "commandcenter.signin.lockout.answer"
TOKEN_DAYS = env.int("SIAGA_TOKEN_DAYS", default=365)
TOKEN_OVERLAP_HOURS = env.float("SIAGA_TOKEN_OVERLAP_HOURS", default=24.0)

# How long is kept what no longer serves: done jobs, answers to repeated requests, tokens after their end.
JOB_DAYS = env.int("SIAGA_JOB_DAYS", default=30)
IDEMPOTENCY_HOURS = env.int("SIAGA_IDEMPOTENCY_HOURS", default=48)
OLD_TOKEN_DAYS = env.int("SIAGA_OLD_TOKEN_DAYS", default=90)

# Personal data (docs/privacy.md). Hours after its end for which the room sees it unmasked; days after which it is blanked,
# the log of access dropped (0: never); minutes for which broken glass stays open.
PERSONAL_HOURS = env.float("SIAGA_PERSONAL_HOURS", default=12.0)
NUMBER_DAYS = env.int("SIAGA_NUMBER_DAYS", default=365)
MEDICAL_DAYS = env.int("SIAGA_MEDICAL_DAYS", default=365)
NARRATIVE_DAYS = env.int("SIAGA_NARRATIVE_DAYS", default=1825)
ACCESS_LOG_DAYS = env.int("SIAGA_ACCESS_LOG_DAYS", default=1825)
BREAK_GLASS_MINUTES = env.int("SIAGA_BREAK_GLASS_MINUTES", default=30)
ARCHIVE_FOLDER = env.str("SIAGA_ARCHIVE", default="")
# Signed checkpoints of the timeline: the key outside the database, the signed lines on another medium.
CHECKPOINT_KEY = Path(env.str("SIAGA_CHECKPOINT_KEY", default=str(SIAGA_VAR / "checkpoint.key")))
CHECKPOINT_FOLDER = Path(env.str("SIAGA_CHECKPOINTS", default=str(SIAGA_VAR / "checkpoints")))
CHECKPOINT_MINUTES = env.int("SIAGA_CHECKPOINT_MINUTES", default=60)
# Parts that fail: after how long the supervisor is alarmed (0: never), how often the board is written to disk for when the
# database is away (0: never), and below how much free disk writes of little value are refused.
ALARM_AFTER_SECONDS = env.float("SIAGA_ALARM_AFTER_SECONDS", default=1.0)
SAVE_BOARD_SECONDS = env.float("SIAGA_SAVE_BOARD_SECONDS", default=15.0)
# When the administrator is warned that the last good backup, and the last drill that restored one, are too old.
BACKUP_HOURS = env.float("SIAGA_BACKUP_HOURS", default=26.0)
DRILL_DAYS = env.float("SIAGA_DRILL_DAYS", default=8.0)
DISK_FREE_MB = env.int("SIAGA_DISK_FREE_MB", default=1024)

LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
_NODE = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "static",
    *(
        (prefix, folder)
        for prefix, folder in (
            ("vendor/lit-html", _NODE / "lit-html"),
            ("vendor/markercluster", _NODE / "leaflet.markercluster" / "dist"),
            ("vendor/inter", _NODE / "@fontsource-variable" / "inter"),
        )
        if folder.is_dir()
    ),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 60
WHITENOISE_USE_FINDERS = True

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

LEAFLET_CONFIG = {"TILES": [], "DEFAULT_CENTER": (-7.2575, 112.7521), "DEFAULT_ZOOM": 12, "RESET_VIEW": False}
UNFOLD = {
    "SITE_TITLE": "Siaga 112",
    "SITE_HEADER": "Siaga 112",
    "SITE_SYMBOL": "emergency",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/img/siaga.svg"}],
    "THEME": "dark",
    "BORDER_RADIUS": "4px",
    "COLORS": {
        # The screens' own tones (static/css/tokens.css): a grey that leans to blue, and blue for what is chosen.
        "base": {
            "50": "#f6f8fa",
            "100": "#eceff3",
            "200": "#d8dee5",
            "300": "#c9d3dd",
            "400": "#93a1ae",
            "500": "#7d8a97",
            "600": "#55626f",
            "700": "#33404e",
            "800": "#222c37",
            "900": "#131a22",
            "950": "#0d1117",
        },
        "primary": {
            "50": "#eef6ff",
            "100": "#d9ebff",
            "200": "#b7d9ff",
            "300": "#8fc6ff",
            "400": "#6cb6ff",
            "500": "#4a97e6",
            "600": "#2f74bd",
            "700": "#275f9b",
            "800": "#234f80",
            "900": "#1f3f63",
            "950": "#1b2a38",
        },
    },
    "SIDEBAR": {"show_search": False, "navigation": "commandcenter.admin_menu.menu"},
}

# Watching it: who may scrape /metrics without a token, and whose ids of requests are believed (addresses or networks).
METRICS_ADDRESSES = env.list("SIAGA_METRICS_ADDRESSES", default=[])
TRUSTED_PROXIES = env.list("SIAGA_TRUSTED_PROXIES", default=[])
LOG_LEVEL = env.str("SIAGA_LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "incidents.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
