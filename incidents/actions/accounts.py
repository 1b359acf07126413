"""What is done to a person's ways in: sessions ended, a lost second factor taken off, a lock opened. Said on the timeline when another
does it; what a person does to the own account is not the room's business."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog

from incidents import timeline
from incidents.models import Center, Session, User


def end_own_sessions(user: User, *, keep: str | None = None, only: str | None = None) -> int:
    """Ends the user's sessions: all, all but the one with the key `keep`, or the one with the key `only`. Returns how many.
    Their sockets close within five seconds (commandcenter/live/watch.py)."""
    sessions = Session.objects.filter(user=user)
    if keep is not None:
        sessions = sessions.exclude(session_key=keep)
    if only is not None:
        sessions = sessions.filter(session_key=only)
    return sessions.delete()[0]


def end_sessions(center: Center, by: User, people: Iterable[User]) -> int:
    """All sessions of these people end now. Returns how many there were."""
    with timeline.action(center, by) as log:
        count = 0
        for person in people:
            ended = end_own_sessions(person) if person.center_id == center.pk else 0
            if ended:
                count += ended
                log.add("user_changed", touch=[], name=person.username, fields=["sessions"])
    return count


def reset_second_factor(center: Center, by: User, people: Iterable[User]) -> int:
    """App, passkeys and recovery codes of these people are taken off, because they are lost; their sessions end with them.
    Returns of how many."""
    with timeline.action(center, by) as log:
        count = 0
        for person in people:
            if person.center_id != center.pk or not Authenticator.objects.filter(user=person).delete()[0]:
                continue
            end_own_sessions(person)
            count += 1
            log.add("user_changed", touch=[], name=person.username, fields=["second_factor"])
    return count


def unlock(center: Center, by: User, people: Iterable[User]) -> int:
    """Failed attempts of these people are forgotten, from whatever address. Returns of how many."""
    with timeline.action(center, by) as log:
        count = 0
        for person in people:
            if person.center_id != center.pk or not AccessAttempt.objects.filter(username=person.username).delete()[0]:
                continue
            AccessFailureLog.objects.filter(username=person.username).delete()
            count += 1
            log.add("user_changed", touch=[], name=person.username, fields=["lock"])
    return count
