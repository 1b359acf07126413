"""The pages of signing in and of one's own account. What they write is written by `incidents/actions/accounts.py` and by allauth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as LoginState
from allauth.account.views import ReauthenticateView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as ConfirmCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from commandcenter.saved_board import COOKIE
from commandcenter.signin.second_factor import is_complete, must_have
from incidents.actions.accounts import end_own_sessions
from incidents.models import Session, User
from incidents.sessions import facts_of, keep_facts

DEMO_LOGINS = ("operator", "supervisor", "admin", "crew")
DEVICES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


def user_of(request: HttpRequest) -> User:
    """Whoever is signed in; the pages ask for that first."""
    if not isinstance(request.user, User):
        raise TypeError("the page is not behind login_required")
    return request.user


class Login(auth_views.LoginView):
    """User name and password, or a passkey; in demo mode with the demo's logins beside it."""

    template_name = "login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        state = LoginState(user=user, redirect_url=self.get_redirect_url() or None)
        response: HttpResponse = perform_password_login(self.request, {"username": user.get_username()}, state)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = [{"username": name, "password": settings.DEMO_PASSWORD} for name in DEMO_LOGINS]
        return super().get_context_data(**kwargs) | {"demo_logins": demo if settings.SIAGA_DEMO else []}


class Logout(auth_views.LogoutView):
    """Leaves nothing behind that would open the saved board."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        response.delete_cookie(COOKIE, samesite="Strict")
        return response


@method_decorator(never_cache, name="dispatch")
class LoginByPasskey(LoginWebAuthnView):  # type: ignore[misc]
    """A passkey alone: it proves its user by finger, face or PIN, and so is both factors."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return redirect(f"{settings.LOGIN_URL}?passkey=refused")


class EnterCode(AuthenticateView):  # type: ignore[misc]
    """The second step of signing in: a code, or a passkey."""

    template_name = "account/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        types = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        return context | {"has_passkey": "webauthn" in types, "has_code": bool(types - {"webauthn"})}


@dataclass(frozen=True)
class SessionRow:
    """A session as its person sees it."""

    session: Session
    device: str
    is_this: bool


def device_of(agent: str) -> str:
    """In words: what the browser says of itself, as far as it is known."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    device = next((name for mark, name in DEVICES if mark in agent), "")
    return " · ".join(part for part in (browser, device) if part) or agent[:40]


@method_decorator([never_cache, login_required], name="dispatch")
class Account(IndexView):  # type: ignore[misc]
    """One's own account: the second factor, the password, the sessions. Before the second factor that the role needs: only that."""

    template_name = "account/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = user_of(self.request)
        here = self.request.session.session_key
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = context["authenticators"]
        return context | {
            "app": found.get("totp"),
            "passkeys": found.get("webauthn", []),
            "recovery": found.get("recovery_codes"),
            "is_complete": is_complete(user, self.request.session),
            "has_factor": bool(found.get("totp") or found.get("webauthn")),
            "must_have": must_have(user),
            "sessions": [
                SessionRow(session, device_of(session.device), session.session_key == here)
                for session in Session.objects.filter(user=user).order_by("-seen_at")
            ],
        }


def _enrolled(request: HttpRequest) -> None:
    """This session has shown the factor that was just set up; the others of the person, who had none, sign in anew."""
    facts = facts_of(request.session)
    if facts is not None and not facts.has_second_factor:
        keep_facts(request.session, replace(facts, has_second_factor=True))
        end_own_sessions(user_of(request), keep=request.session.session_key or "")


@method_decorator(never_cache, name="dispatch")
class EnrolApp(ActivateTOTPView):  # type: ignore[misc]
    """A code app: the QR code, then its first code, which works this once."""

    template_name = "account/app.html"

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        row = Authenticator.objects.get(user=user_of(self.request), type=Authenticator.Type.TOTP)
        row.data["last_counter"] = next(iter(yield_hotp_counters_from_time())) + settings.MFA_TOTP_TOLERANCE
        row.save(update_fields=["data"])
        _enrolled(self.request)
        return response


@method_decorator([never_cache, login_required], name="dispatch")
class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    template_name = "account/remove.html"


@method_decorator(never_cache, name="dispatch")
class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """A passkey of this device, of a phone or of a security key with a PIN."""

    template_name = "account/passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"js_data": {"creation_options": passkeys.begin_registration(self.request.user, True)}}

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _enrolled(self.request)
        return response


@method_decorator([never_cache, login_required], name="dispatch")
class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    template_name = "account/remove.html"
    success_url = reverse_lazy("account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_last = not get_adapter().can_delete_authenticator(self.object)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"passkey": self.object.wrap(), "is_last": is_last}

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=409)
            return refused
        response: HttpResponse = super().form_valid(form)
        return response


@method_decorator(never_cache, name="dispatch")
class Confirm(ReauthenticateView):  # type: ignore[misc]
    """The password again, before the account is changed."""

    template_name = "account/confirm.html"


@method_decorator(never_cache, name="dispatch")
class ConfirmCode(ConfirmCodeView):  # type: ignore[misc]
    template_name = "account/confirm.html"


@method_decorator(never_cache, name="dispatch")
class ConfirmPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    template_name = "account/confirm.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        refused: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=400)
        return refused


@method_decorator([never_cache, login_required], name="dispatch")
class ChangePassword(auth_views.PasswordChangeView):
    """The own password; all other sessions end with it."""

    template_name = "account/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        end_own_sessions(user_of(self.request), keep=self.request.session.session_key or "")
        return response


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """One of the own sessions, named by `session`, or all of them."""
    user, here = user_of(request), request.session.session_key
    asked = request.POST.get("session", "")
    if asked == "others":
        end_own_sessions(user, keep=here)
        return redirect("account")
    session = get_object_or_404(Session, user=user, pk=_key_of(user, asked))
    if session.session_key == here:
        request.session.flush()
        return redirect(settings.LOGIN_URL)
    end_own_sessions(user, only=session.session_key)
    return redirect("account")


def _key_of(user: User, mark: str) -> str:
    """The key of the user's session with this mark; the page never shows the key itself, which opens the session."""
    for session in Session.objects.filter(user=user).only("session_key"):
        if session.mark == mark:
            return session.session_key
    return ""
