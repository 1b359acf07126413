"""An alarm's verbs: raise, acknowledge, clear."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from incidents import timeline
from incidents.actions.steps import lock, move
from incidents.models import Alarm, Center, User
from incidents.words import words_of


def raise_alarm(
    center: Center, by: User | None, *, key: str, kind: str, priority: int = 2, incident: int | None = None, **data: Any
) -> Alarm:
    """Something needs a person. While an alarm with this key is open it is not raised again."""
    with timeline.action(center, by) as log:
        alarm = Alarm.objects.filter(center=center, key=key).exclude(status=Alarm.Status.CLEARED).first()
        if alarm is None:
            alarm = Alarm.objects.create(
                center=center,
                key=key,
                kind=kind,
                priority=priority,
                incident_id=incident,
                data=data,
                raised_at=timezone.now(),
            )
            log.add("alarm_raised", touch=[alarm], incident=incident, alarm=alarm.pk, words=words_of(kind, data))
    return alarm


def acknowledge_alarm(center: Center, by: User, alarm_id: int) -> Alarm:
    """Somebody has seen it and acts. Raises NotFound, StepOffGraph."""
    with timeline.action(center, by) as log:
        alarm = lock(Alarm, center, pk=alarm_id)
        move(alarm, Alarm.Status.ACKNOWLEDGED, acknowledged_at=timezone.now(), acknowledged_by=by)
        log.add("alarm_acknowledged", touch=[alarm], incident=alarm.incident_id, words=words_of(alarm.kind, alarm.data))
    return alarm


def clear_alarms(center: Center, by: User | None, *, key: str | None = None, incident: int | None = None) -> int:
    """The cause is gone: open alarms of a key or of an incident are cleared. Returns how many."""
    with timeline.action(center, by) as log:
        which = {"key": key} if key is not None else {"incident": incident}
        alarms = list(
            Alarm.objects.select_for_update(no_key=True)
            .filter(center=center, **which)
            .exclude(status=Alarm.Status.CLEARED)
            .order_by("pk")
        )
        for alarm in alarms:
            move(alarm, Alarm.Status.CLEARED, cleared_at=timezone.now())
            log.add("alarm_cleared", touch=[alarm], incident=alarm.incident_id, words=words_of(alarm.kind, alarm.data))
    return len(alarms)
