"""Promises of routing: who is referred, who is sent, what is proposed, what raises an alarm."""

import pytest

from dispatch.models import Agency, Unit
from incidents import jobs
from incidents.models import Job
from tests.cast import AGENCIES, Cast


@pytest.mark.parametrize(
    ("kind", "discipline"),
    [("building_fire", "fire"), ("landslide", "disaster"), ("abandoned_elder", "social"), ("burglary", "police")],
)
def test_it_refers_and_sends_the_lead_agency_untouched(city: Cast, kind: str, discipline: str) -> None:
    incident = city.open(kind)
    assert city.work() == ["done"]
    board = city.board()
    assert AGENCIES[discipline] in {row["agency"] for row in board["referrals"]}
    assert discipline in {row["discipline"] for row in board["assignments"]}
    assert board["incidents"][0]["status"] == "active"
    said = [entry["words"]["id"] for entry in city.ok("GET", f"incidents/{incident['id']}")["timeline"]]
    assert any("menit" in words for words in said)


def test_it_proposes_when_the_policy_does_not_send(city: Cast) -> None:
    Agency.objects.filter(code="bpbd").update(auto_dispatch_up_to=1)
    city.open("landslide")
    city.work()
    board = city.board()
    assert board["assignments"] == [] and board["incidents"][0]["status"] == "pending"
    assert board["referrals"][0]["proposed"][0]["call_sign"] == "BPBD-01"


def test_it_alarms_when_an_agency_does_not_accept_in_time(city: Cast) -> None:
    Agency.objects.filter(code="bpbd").update(auto_dispatch_up_to=0, acceptance_seconds=0)
    city.open("landslide")
    city.work()
    city.work()
    [alarm] = city.board()["alarms"]
    assert alarm["kind"] == "acceptance_overdue"
    city.ok("POST", f"referrals/{city.board()['referrals'][0]['id']}/accept")
    assert city.board()["alarms"] == []


def test_it_hands_an_uncovered_type_to_the_supervisor_with_an_alarm(city: Cast) -> None:
    city.open("ghost_sighting")
    city.work()
    [alarm] = city.board()["alarms"]
    assert (alarm["kind"], alarm["priority"]) == ("no_plan", 1)
    assert city.ok("POST", f"alarms/{alarm['id']}/acknowledge", who="sam")["status"] == "acknowledged"


def test_it_says_what_is_missing(city: Cast) -> None:
    Unit.objects.filter(agency__code="dinkes").update(status="out_of_service")
    city.open()
    city.work()
    board = city.board()
    assert [row["kind"] for row in board["alarms"]] == ["unit_shortfall"]
    assert [row["shortfall"] for row in board["referrals"] if row["agency"] == "dinkes"] == [
        [{"capability": "medical", "count": 1}]
    ]


def test_it_completes_what_somebody_began_by_hand(city: Cast) -> None:
    incident = city.open()
    city.ok("POST", f"incidents/{incident['id']}/assignments", {"unit": "PMK-03"})
    city.work()
    assert sorted(row["unit"] for row in city.board()["assignments"]) == ["PMK-03", "TGC-01"]


def test_it_routes_once_however_often_the_job_is_handed_out(city: Cast) -> None:
    city.open()
    [job] = Job.objects.all()
    assert [jobs.run_job(job.pk, "a"), jobs.run_job(job.pk, "b")] == ["done", "not_due"]
    assert len(city.board()["referrals"]) == 2


def test_it_parks_a_job_after_five_attempts_and_alarms(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(center: object, data: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(jobs.HANDLERS, "route_incident", fail)
    city.open()
    [job] = Job.objects.all()
    outcomes = []
    for _ in range(5):
        Job.objects.update(due_at="2026-01-01T00:00:00Z")
        outcomes.append(jobs.run_job(job.pk, "a"))
    assert outcomes == ["retry"] * 4 + ["parked"]
    assert [row["kind"] for row in city.board()["alarms"]] == ["job_parked_alarm"]
    assert city.ok("GET", "jobs", who="sam")[0]["error"] == "RuntimeError: broken"
    monkeypatch.undo()
    city.ok("POST", f"jobs/{job.pk}/retry", who="sam")
    assert city.work() == ["done"] and city.board()["alarms"] == []


def test_it_does_a_job_whose_worker_died(city: Cast) -> None:
    city.open()
    [job] = Job.objects.all()
    claimed = jobs._claim(job.pk, "dies")
    assert claimed is not None and claimed.attempts == 1
    assert jobs.run_job(job.pk, "too early") == "not_due"
    Job.objects.update(lease_until="2026-01-01T00:00:00Z", handed_at="2026-01-01T00:00:00Z")
    assert [pk for pk, _ in jobs.jobs_to_hand_out()] == [job.pk]
    assert jobs.run_job(job.pk, "heir") == "done"
