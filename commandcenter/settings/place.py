"""Where this installation runs, and as what: its secret, hosts, folders, demo or not. Imported by the others of this package."""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]
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
