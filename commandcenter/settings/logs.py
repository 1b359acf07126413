"""What is told of the running: metrics and log lines."""

from __future__ import annotations

from commandcenter.settings.place import env

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
