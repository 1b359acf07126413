"""What Django is made of here: apps, middleware, templates, languages, files, the look of the administrator's site.
Nothing an installation would set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from commandcenter.settings.place import BASE_DIR

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

DATABASE_ROUTERS = ["commandcenter.routers.ReplicaRouter"]
SILENCED_SYSTEM_CHECKS = ["gis.W001"]  # GDAL reads only files that an administrator names
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
