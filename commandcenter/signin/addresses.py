"""The addresses of signing in and of one's own account: those of allauth's pages that are used, under our own paths, and no others."""

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from commandcenter.signin import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("login", pages.Login.as_view(), name="account_login"),
    path("login/code", pages.EnterCode.as_view(), name="mfa_authenticate"),
    path("login/passkey", pages.LoginByPasskey.as_view(), name="mfa_login_webauthn"),
    path("logout", pages.Logout.as_view(), name="account_logout"),
    path("account", pages.Account.as_view(), name="account"),
    path("account", pages.Account.as_view(), name="mfa_index"),
    path("account/app", pages.EnrolApp.as_view(), name="mfa_activate_totp"),
    path("account/app/remove", pages.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/passkeys/add", pages.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove", pages.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path(
        "account/recovery-codes",
        never_cache(ViewRecoveryCodesView.as_view(template_name="account/recovery_codes.html")),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/recovery-codes/new",
        never_cache(GenerateRecoveryCodesView.as_view(template_name="account/new_recovery_codes.html")),
        name="mfa_generate_recovery_codes",
    ),
    path("account/confirm", pages.Confirm.as_view(), name="account_reauthenticate"),
    path("account/confirm/code", pages.ConfirmCode.as_view(), name="mfa_reauthenticate"),
    path("account/confirm/passkey", pages.ConfirmPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/password", pages.ChangePassword.as_view(), name="account_change_password"),
    path("account/sessions/end", pages.end_session, name="account_end_session"),
]
