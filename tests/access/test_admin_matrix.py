"""Every page and action of the administrator's site, tried with rows of the own and of another center: what belongs to another
is neither listed, found, shown, changed, offered as a choice, nor reached by an action or a file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from commandcenter import doors
from dispatch.models import Agency, Device, PlanItem, PositionCount, ResponsePlan, Unit
from incidents.admin_site import site
from incidents.models import RecoveryRecord, TimelineEntry, Token
from tests.access.objects import make_objects, mark
from tests.access.test_matrix import WHO
from tests.cast import Cast, make_city

ASING = "ASING"
NOBODYS = 2**40


@pytest.fixture
def far(city: Cast) -> Cast:
    """Another center, whose every row has a name that tells it."""
    far = make_city(code="jauh")
    make_objects(far, "PMK", "building_fire", ("dinkes", "dpkp"), ASING)
    make_objects(city, "PMK", "building_fire", ("dinkes", "dpkp"), "milik")
    for one in (far, city):
        PositionCount.objects.create(center=one.center, day="2026-01-01", reason="taken", count=1)
        Device.objects.create(
            center=one.center, device_id=one.center.code, unit=Unit.objects.filter(center=one.center)[0]
        )
    RecoveryRecord.objects.create(kind="backup", at=timezone.now(), is_good=True, seconds=1.0)
    mark(far, ASING)
    for user in far.users.values():
        user.username = user.first_name = f"{ASING}-{user.pk}"
        user.save(update_fields=["username", "first_name"])
    return far


def _in(city: Cast, who: str = "ada") -> Client:
    client = Client()
    client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
    return client


SHARED = {"incidents.recoveryrecord"}
"""Of the installation, the same for every center."""


def _row(label: str, city: Cast) -> object:
    """One of this center's."""
    for model, page in site._registry.items():
        if model._meta.label_lower == label:
            path = getattr(page, "center_path", "center")
            own = {} if label in SHARED else {path: city.center}
            found = model._default_manager.filter(**own).order_by("pk").first()
            assert found is not None, label
            return found.pk
    raise AssertionError(label)


def test_it_shows_administrators_their_own_center_alone(city: Cast, far: Cast) -> None:
    ada, wrong = _in(city), []
    for label, verbs in doors.ADMIN.items():
        base = f"/admin/{label.replace('.', '/')}/"
        own, theirs = _row(label, city), _row(label, far)
        for page in ("", "?q=ASIN", "add/" if "add" in verbs else "", f"{own}/change/"):
            answer = ada.get(base + page)
            if answer.status_code != 200 or ASING in answer.content.decode():
                wrong.append((label, page, answer.status_code))
        for verb in ("change", "history", "delete") if label not in SHARED else ():
            answers = []
            for pk in (theirs, NOBODYS):
                got, posted = (ada.get(f"{base}{pk}/{verb}/"), ada.post(f"{base}{pk}/{verb}/", {"post": "yes"}))
                answers.append((got.status_code, posted.status_code, got.headers.get("Location")))
            if answers[0] != answers[1] or 200 in answers[0]:
                wrong.append((label, verb, answers))
    assert wrong == []


def test_it_lets_no_other_role_in(city: Cast, far: Cast) -> None:
    for role, who in WHO.items():
        if role == "administrator":
            continue
        client = _in(city, who)
        for label in doors.ADMIN:
            base = f"/admin/{label.replace('.', '/')}/"
            for page in ("", f"{_row(label, city)}/change/", "add/"):
                status = client.get(base + page).status_code
                assert status in (302, 403), (role, base, page)
    assert Client().get("/admin/incidents/user/").status_code == 302


def test_it_reaches_no_other_centers_row_by_an_action(city: Cast, far: Cast) -> None:
    ada, tried = _in(city), 0
    for label, verbs in doors.ADMIN.items():
        model = next(one for one in site._registry if one._meta.label_lower == label)
        for verb in verbs:
            if not verb.startswith("action:"):
                continue
            theirs = _row(label, far)
            before = model._default_manager.filter(pk=theirs).values().get()
            said = TimelineEntry.objects.filter(center=far.center).count()
            data = {"action": verb.removeprefix("action:"), "_selected_action": [theirs], "post": "yes"}
            ada.post(f"/admin/{label.replace('.', '/')}/", data)
            assert model._default_manager.filter(pk=theirs).values().get() == before, (label, verb)
            assert TimelineEntry.objects.filter(center=far.center).count() == said
            tried += 1
    assert tried == sum(verb.startswith("action:") for verbs in doors.ADMIN.values() for verb in verbs) > 5
    assert not Token.objects.filter(user__center=far.center).exclude(revoked_at=None).exists()


def test_it_takes_no_row_of_another_center_in_a_form(city: Cast, far: Cast) -> None:
    ada = _in(city)
    theirs = {"agency": Agency.objects.filter(center=far.center)[0].pk, "crew": far.users["crew"].pk}
    unit = Unit.objects.filter(center=city.center).order_by("pk")[0]
    plain = {"call_sign": unit.call_sign, "agency": unit.agency_id, "unit_type": unit.unit_type_id, "is_active": "on"}
    for field, value in theirs.items():
        with transaction.atomic():
            answer = ada.post(f"/admin/dispatch/unit/{unit.pk}/change/", plain | {field: value})
        assert answer.status_code == 200 and field in answer.context["adminform"].form.errors
    plan = ResponsePlan.objects.filter(center=city.center)[0]
    item = PlanItem.objects.filter(plan__center=far.center)[0]
    form = {
        "incident_type": plan.incident_type_id,
        "items-TOTAL_FORMS": 1,
        "items-INITIAL_FORMS": 1,
        "items-0-id": item.pk,
        "items-0-plan": plan.pk,
        "items-0-agency": item.agency_id,
        "items-0-capability": item.capability_id,
        "items-0-count": 9,
    }
    ada.post(f"/admin/dispatch/responseplan/{plan.pk}/change/", form)
    item.refresh_from_db()
    assert item.count != 9 and item.plan.center_id == far.center.pk


def test_it_imports_nothing_into_another_center_and_exports_nothing_of_it(city: Cast, far: Cast) -> None:
    ada = _in(city)
    unit = Unit.objects.filter(center=far.center).order_by("pk")[0]
    text = f"call_sign,agency,unit_type,station,capabilities,is_active\nPMK-77,{unit.agency.code},dpkp,,,1\n"
    file = SimpleUploadedFile("units.csv", text.encode(), content_type="text/csv")
    shown = ada.post("/admin/dispatch/unit/import/", {"format": "0", "import_file": file}).content.decode()
    assert "import_file_name" not in shown and not Unit.objects.filter(call_sign="PMK-77").exists()
    exported = ada.post("/admin/dispatch/unit/export/", {"format": "0", "resource": "0"}).content.decode()
    assert ASING not in exported and "PMK-01" in exported
    assert ASING not in ada.get("/admin/zones.geojson").content.decode()


def test_it_sets_no_password_of_another_center(city: Cast, far: Cast) -> None:
    ada, theirs = _in(city), far.users["dana"]
    before = theirs.password
    for pk in (theirs.pk, NOBODYS):
        answer = ada.post(
            f"/admin/incidents/user/{pk}/password/", {"password1": "lain-112-x", "password2": "lain-112-x"}
        )
        assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.password == before
