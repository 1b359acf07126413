"""Who asks: a bearer token, or a browser's session with its CSRF token."""

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from commandcenter.signin.second_factor import SecondFactorMissing, is_complete
from incidents.accounts import user_of_token
from incidents.models import Center, User


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        return user_of_token(token)


class Session(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Raises SecondFactorMissing."""
        user = request.user
        if not isinstance(user, User) or not user.is_active or user.center_id is None:
            return None
        if not is_complete(user, request.session):
            raise SecondFactorMissing
        return user


def user_of(request: HttpRequest) -> User:
    """The authenticated user."""
    user: User = request.auth  # type: ignore[attr-defined]
    return user


def center_of(request: HttpRequest) -> Center:
    """The user's center: nobody reaches into another."""
    center = user_of(request).center
    if center is None:
        raise ValueError("authenticated users have a center")
    return center
