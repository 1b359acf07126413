"""What an administrator changes: written, said on the timeline, and live on the consoles by the rows it touches.
Only the room's settings; what happens in the room has its own verbs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from incidents import timeline
from incidents.accounts import make_token
from incidents.models import Center, Incident, IncidentType, Token, User, Zone
from incidents.refusals import Refusal


@dataclass(frozen=True)
class Change:
    """How a change of a model is told: its kind, the rows whose new shape goes to the consoles, its name in words."""

    kind: str
    touched: Callable[[Any], list[models.Model]]
    name: Callable[[Any], str] = str


def open_incidents(**which: Any) -> list[models.Model]:
    return list(Incident.objects.filter(**which).exclude(status=Incident.Status.CLOSED))


def nothing(_row: models.Model) -> list[models.Model]:
    """No row of the board shows it."""
    return []


CHANGES: dict[type[models.Model], Change] = {
    IncidentType: Change("incident_type_changed", lambda row: open_incidents(type=row), lambda row: row.name_id),
    Zone: Change("zones_changed", lambda row: open_incidents(zone=row), lambda row: row.name),
    # By number: what stands on the timeline stays, also after somebody's name was erased.
    User: Change("user_changed", nothing, lambda row: f"#{row.pk}"),
}


def write_row(row: models.Model, fields: Collection[str]) -> None:
    """A new row whole; of a row that exists only `fields`, so that what the room writes meanwhile stays."""
    if row._state.adding:
        row.save(force_insert=True)
    elif fields:
        row.save(update_fields=list(fields))


def record_change(center: Center, by: User, rows: Iterable[models.Model], change: Change) -> None:
    """Say that rows of one model were changed; one entry for them all. Called last in the transaction of the writes."""
    changed = list(rows)
    if not changed:
        return
    with timeline.action(center, by) as log:
        touched = {(type(row), row.pk): row for one in changed for row in change.touched(one)}
        log.add(change.kind, touch=list(touched.values()), name=_names([change.name(row) for row in changed]))


def delete_row(center: Center, by: User, row: models.Model, change: Change) -> None:
    """Delete a row of the settings. Raises ProtectedError while something refers to it."""
    with timeline.action(center, by) as log:
        touched, name = change.touched(row), change.name(row)
        row.delete()
        log.add(change.kind, touch=touched, name=name)


def revoke_tokens(center: Center, by: User | None, tokens: Iterable[Token]) -> int:
    """These tokens open nothing any more. Returns how many were still good."""
    with timeline.action(center, by) as log:
        revoked = 0
        for token in tokens:
            if Token.objects.filter(pk=token.pk, user__center=center, revoked_at=None).update(
                revoked_at=timezone.now()
            ):
                revoked += 1
                log.add("user_changed", touch=[], name=f"#{token.user_id}", fields=["token"])
    return revoked


def rotate_token(center: Center, by: User | None, token: Token, *, overlap: timedelta) -> str:
    """A new secret with the same user, name, scopes and length of life; the old one opens for `overlap` more, so that the
    machine that has it can be changed without a gap. Raises TokenGone when it opens nothing any more."""
    with timeline.action(center, by) as log:
        now = timezone.now()
        old = Token.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk, user__center=center)
        if old.revoked_at is not None or old.expires_at <= now:
            raise TokenGone
        days = max(1, (old.expires_at - old.created_at).days)
        secret = make_token(old.user, days, name=old.name, scopes=old.scopes)
        Token.objects.filter(pk=old.pk).update(expires_at=min(old.expires_at, now + overlap))
        log.add("user_changed", touch=[], name=old.user.username, fields=["token"])
    return secret


class TokenGone(Refusal):
    code = "token_gone"
    words = {
        "id": "Token ini sudah dicabut atau kedaluwarsa; buat yang baru.",
        "en": "This token is revoked or has expired; make a new one.",
    }


NAMES_SHOWN = 5


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown}, … ({len(names)})"
