"""Who a person is: passwords, the second factor, the lock after failures, sessions and tokens."""

from __future__ import annotations

from datetime import timedelta

from commandcenter.settings.place import SIAGA_DEMO, env

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
