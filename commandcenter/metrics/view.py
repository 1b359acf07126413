"""`/metrics`: who may read it, and the answer."""

from __future__ import annotations

from contextlib import suppress

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from commandcenter.api.errors import failure
from commandcenter.limits.addresses import is_within
from commandcenter.metrics.exposition import Families, families, merge
from commandcenter.metrics.gauges import room_state
from commandcenter.metrics.sharing import of_others, sharing
from incidents.access import may
from incidents.accounts import user_of_token
from incidents.models import User

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def metrics(request: HttpRequest) -> HttpResponse:
    """Of all processes, from whichever is asked. To a bearer token or session whose role has `see_metrics`, or to an address of
    SIAGA_METRICS_ADDRESSES that asks this process itself and not through a proxy."""
    if not _is_near(request):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        user = user_of_token(token.strip()) if kind.lower() == "bearer" else request.user
        if not isinstance(user, User) or not user.is_active:
            return failure(request, 401, "not_authenticated")
        if not may(user, "see_metrics"):
            return failure(request, 403, "not_allowed")
    told: list[Families] = [families(room_state.collect()), sharing.own()]
    with suppress(redis.RedisError, OSError):  # then siaga_redis_up says so
        told += of_others()
    return HttpResponse(merge(told), content_type=CONTENT_TYPE_LATEST)


def _is_near(request: HttpRequest) -> bool:
    networks = tuple(settings.METRICS_ADDRESSES)
    if not networks or any(name in request.headers for name in FORWARDED):
        return False
    return is_within(request.META.get("REMOTE_ADDR") or "", networks)
