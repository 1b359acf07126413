"""Routing: an opened incident gets its referrals, and its units are sent or proposed by each agency's policy.
One action; the deciding is pure and lives in `dispatch/recommend.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from dispatch.actions.assign import send
from dispatch.actions.refer import add_referral
from dispatch.models import Agency, Assignment, Referral, Unit
from dispatch.queries import Card, card_of, free_units, travel_times
from dispatch.recommend import Choice, Need, Pick, choose
from dispatch.rows import ASSIGNMENTS_ON_BOARD, REFERRALS_ON_BOARD
from incidents import timeline
from incidents.actions.alarms import raise_alarm
from incidents.actions.steps import change, lock
from incidents.models import Center, Incident


def route_incident(center: Center, incident_id: int) -> None:
    """Makes the referrals of an incident's response plan and sends or proposes units. A closed incident, or agencies that
    hold it already, are left as they are. A type that no plan covers raises an alarm. Raises NotFound."""
    with timeline.action(center, None) as log:
        incident = lock(Incident, center, pk=incident_id)
        if incident.status == Incident.Status.CLOSED:
            return
        card = card_of(incident)
        if card is None:
            _tell_nobody(incident)
            return
        choice, units = _choose_and_lock(center, incident, _still_needed(incident, card.needs))
        log.add(
            "incident_routed",
            touch=[incident],
            incident=incident.pk,
            agencies=", ".join(card.agencies),
            plan=card.name,
        )
        held = {
            referral.agency_id: referral
            for referral in Referral.objects.select_for_update(no_key=True).filter(
                REFERRALS_ON_BOARD, incident=incident
            )
        }
        for agency in card.agencies.values():
            _give_to(incident, agency, card, choice, units, held.get(agency.pk))


def _tell_nobody(incident: Incident) -> None:
    """No plan covers it: a person must."""
    kind = {"code": incident.type.code, "id": incident.type.name_id, "en": incident.type.name_en}
    with timeline.action(incident.center, None) as log:
        change(incident)
        log.add(
            "incident_routed_to_nobody", touch=[incident], incident=incident.pk, type=kind, priority=incident.priority
        )
        raise_alarm(
            incident.center,
            None,
            key=f"no_plan:{incident.pk}",
            kind="no_plan",
            priority=1,
            incident=incident.pk,
            number=incident.number,
            type=kind,
        )


def check_acceptance(center: Center, referral_id: int) -> None:
    """The agency's time to accept is over: the supervisor is alarmed while it has not answered."""
    with timeline.action(center, None):
        referral = Referral.objects.select_related("incident", "agency").get(center=center, pk=referral_id)
        if referral.status == Referral.Status.ROUTED:
            raise_alarm(
                center,
                None,
                key=f"acceptance:{referral.pk}",
                kind="acceptance_overdue",
                incident=referral.incident_id,
                number=referral.incident.number,
                agency=referral.agency.code,
            )


def _still_needed(incident: Incident, needs: list[Need]) -> list[Need]:
    """The plan's lines less what is on its way already, since somebody may have sent a unit by hand before."""
    if incident.first_dispatched_at is None:
        return needs
    sent = [
        (assignment.unit.agency.code, {capability.code for capability in assignment.unit.capabilities.all()})
        for assignment in Assignment.objects.filter(ASSIGNMENTS_ON_BOARD, incident=incident)
        .select_related("unit__agency")
        .prefetch_related("unit__capabilities")
        .order_by("pk")
    ]
    open_needs = []
    for need in needs:
        count = need.count
        for unit in [unit for unit in sent if unit[0] == need.agency and need.capability in unit[1]][:count]:
            sent.remove(unit)
            count -= 1
        open_needs.append(replace(need, count=count))
    return [need for need in open_needs if need.count]


def _choose_and_lock(center: Center, incident: Incident, needs: list[Need]) -> tuple[Choice, dict[int, Unit]]:
    """Chooses, locks the chosen units in one order, and chooses anew when somebody was faster. Never a busy unit."""
    place = (incident.location.x, incident.location.y)
    candidates = free_units(center, timezone.now(), sorted({need.agency for need in needs})) if needs else []
    while True:
        choice = choose(needs, candidates, place, travel_times(center))
        wanted = [pick.candidate.unit_id for pick in choice.picks]
        locked = Unit.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk") if wanted else []
        free = {unit.pk: unit for unit in locked if unit.status == Unit.Status.AVAILABLE and unit.is_active}
        gone = set(wanted) - free.keys()
        if not gone:
            return choice, free
        candidates = [candidate for candidate in candidates if candidate.unit_id not in gone]


def _give_to(
    incident: Incident, agency: Agency, card: Card, choice: Choice, units: dict[int, Unit], referral: Referral | None
) -> None:
    """The agency's part: its referral (the open one, else a new one), its units, what it is short of."""
    picks, missing = choice.of(agency.code), choice.missing_of(agency.code)
    automatic = incident.priority <= agency.auto_dispatch_up_to
    reason = {
        "id": f"kartu {card.name['id']}: " + _lines(picks, missing, "id"),
        "en": f"card {card.name['en']}: " + _lines(picks, missing, "en"),
    }
    with timeline.action(incident.center, None) as log:
        proposed = [] if automatic else [_proposal(pick) for pick in picks]
        shortfall = [{"capability": need.capability, "count": need.count} for need in missing]
        is_new = referral is None
        if referral is None:
            fields = {"proposed": proposed, "shortfall": shortfall}
            referral = add_referral(incident, agency, by=None, reason=reason, **fields)
        elif picks or missing:
            change(referral, proposed=proposed, shortfall=shortfall)
            log.add("referral_widened", touch=[referral], incident=incident.pk, agency=agency.code, reason=reason)
        if automatic:
            for pick in picks:
                unit = units[pick.candidate.unit_id]
                send(
                    incident,
                    unit,
                    referral,
                    by=None,
                    travel_seconds=pick.travel_seconds,
                    reason=pick.reason,
                    is_referral_new=is_new,
                )
        elif referral.status == Referral.Status.ROUTED:
            due_at = referral.routed_at + timedelta(seconds=agency.acceptance_seconds)
            log.owe("check_acceptance", f"acceptance:{referral.pk}", due_at=due_at, referral=referral.pk)
        if picks and not automatic:
            log.add(
                "units_proposed",
                touch=[referral],
                incident=incident.pk,
                agency=agency.code,
                units=", ".join(pick.candidate.call_sign for pick in picks),
            )
        if missing:
            words = ", ".join(f"{need.count} × {need.capability}" for need in missing)
            log.add("units_short", touch=[referral], incident=incident.pk, agency=agency.code, missing=words)
            raise_alarm(
                incident.center,
                None,
                key=f"short:{referral.pk}",
                kind="unit_shortfall",
                priority=1 if not picks else 2,
                incident=incident.pk,
                number=incident.number,
                agency=agency.code,
                missing=words,
            )


def _lines(picks: list[Pick], missing: list[Need], language: str) -> str:
    return ", ".join([_line(pick, language) for pick in picks] + [_line(need, language) for need in missing])


def _line(item: Pick | Need, language: str) -> str:
    if isinstance(item, Pick):
        return f"{item.candidate.call_sign} ({item.reason[language]})"
    name = item.name_id if language == "id" else item.name_en
    return f"{'kurang' if language == 'id' else 'short of'} {item.count} × {name or item.capability}"


def _proposal(pick: Pick) -> dict[str, object]:
    return {
        "call_sign": pick.candidate.call_sign,
        "unit_id": pick.candidate.unit_id,
        "travel_seconds": pick.travel_seconds,
        "reason": pick.reason,
    }
