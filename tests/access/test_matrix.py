"""Made from the table: every role, at every operation, with an object of its own center, of another agency, of another
center, and with none. Exactly what the table allows succeeds; the rest is refused, and no refusal tells what exists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from commandcenter import doors
from dispatch.models import Unit
from incidents.access import MAY, Reach
from incidents.models import User
from tests.access.objects import BODIES, CELLS, PLAIN, Objects, make_objects, mark, nothing
from tests.cast import CLIENT, Cast, make_city

WHO = {
    "operator": "dana",
    "supervisor": "sam",
    "administrator": "ada",
    "crew": "crew",
    "hotline": "hotline",
    "tracker": "tracker",
}
ASING, POLISI = "ASING", "POLISI-SAJA"


@dataclass
class Ground:
    city: Cast
    own: Objects
    other: Objects
    foreign: Objects

    def ask(self, role: str, operation: str, path: str, body: Any) -> tuple[int, Any, str]:
        """(status, error code, text); whatever it did is undone."""
        with undone():
            answer = CLIENT.generic(
                operation.split(" ")[0],
                f"/api/v1/{path}",
                "" if body is None else json.dumps(body),
                content_type="application/json",
                headers={"Authorization": f"Bearer {self.city.token(WHO[role])}"},
            )
        text = answer.content.decode()
        return answer.status_code, json.loads(text)["error"]["code"] if answer.status_code >= 400 else None, text


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def ground(city: Cast) -> Ground:
    far = make_city(code="jauh")
    foreign = make_objects(far, "PMK", "building_fire", ("dinkes", "dpkp"), ASING)
    mark(far, ASING)
    foreign = Objects(
        **vars(foreign)
        | {name: f"{ASING}-{getattr(foreign, name)}" for name in ("free_unit", "resting_unit", "agency")}
    )
    other = make_objects(city, "POL", "burglary", ("dinsos", "polrestabes"), POLISI)
    own = make_objects(city, "PMK", "building_fire", ("dinkes", "dpkp"), "milik")
    for unit in Unit.objects.filter(center=city.center, call_sign__startswith="PMK"):
        unit.crew.add(city.users["crew"])
    return Ground(city, own, other, foreign)


def _allowed(reach: Reach | None, place: str) -> bool:
    return (reach is not None and place == "own") or (reach is Reach.CENTER and place == "other")


def test_it_covers_every_operation_and_every_role() -> None:
    assert set(CELLS) | set(PLAIN) == set(doors.API)
    assert set(WHO) == set(User.Role.values)
    # Whose address names nothing reaches by its rows; an operation that takes a number belongs to the cells.
    assert all("{" in name for name in CELLS) and not any("{" in name for name in PLAIN)


def test_it_lets_each_role_do_exactly_what_the_table_says_to_exactly_its_objects(ground: Ground) -> None:
    places = {"own": ground.own, "other": ground.other, "foreign": ground.foreign}
    wrong = []
    for operation, ask in CELLS.items():
        row = MAY[doors.API[operation]]
        for role in WHO:
            # The same as for a number that nobody has: else a refusal would tell.
            without = ground.ask(role, operation, *ask(nothing()))[:2]
            for place, objects in places.items():
                status, code, text = ground.ask(role, operation, *ask(objects))
                is_refused = status in (403, 404) and (status, code) == without
                if not (status < 300 if _allowed(row.get(role), place) else is_refused):
                    wrong.append((role, operation, place, status, text[:200], without))
    assert wrong == []


def test_it_answers_lists_with_the_own_centers_rows_alone(ground: Ground) -> None:
    wrong = []
    for operation, ask in PLAIN.items():
        row = MAY[doors.API[operation]]
        for role in WHO:
            status, code, text = ground.ask(role, operation, *ask())
            if (status < 300) != (role in row) or (status >= 300 and (status, code) != (403, "not_allowed")):
                wrong.append((role, operation, status, text[:200]))
            if ASING in text or (row.get(role) is Reach.AGENCY and POLISI in text):
                wrong.append((role, operation, "shows what is not its own", text[:200]))
    assert wrong == []


def test_it_takes_no_object_of_another_center_in_a_body(ground: Ground) -> None:
    for operation, ask in BODIES.items():
        for role in MAY[doors.API[operation]]:
            if role not in ("operator", "supervisor", "administrator"):
                continue
            assert ground.ask(role, operation, *ask(ground.own, ground.own))[0] < 300, operation
            there = ground.ask(role, operation, *ask(ground.own, ground.foreign))
            nowhere = ground.ask(role, operation, *ask(ground.own, nothing()))
            assert there[0] in (404, 409, 422) and there[:2] == nowhere[:2], (operation, there, nowhere)


def test_it_refuses_a_trackers_point_for_a_unit_of_another_center(ground: Ground) -> None:
    point = {"unit": ground.foreign.free_unit, "lat": -7.25, "lon": 112.75, "at": "2026-01-01T00:00:00Z"}
    refused = []
    for unit in (ground.foreign.free_unit, "TIADA"):
        status, _, text = ground.ask("tracker", "POST positions", "positions", {"positions": [point | {"unit": unit}]})
        answer = json.loads(text)
        assert (status, answer["taken"]) == (202, 0)
        refused.append(answer["refused"][0]["code"])
    assert refused == ["unknown_unit", "unknown_unit"]


def test_it_keeps_the_answers_of_one_users_keys_from_another(ground: Ground) -> None:
    body = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
    first = ground.city.call("POST", "incidents", body, who="dana", key="satu")
    again = ground.city.call("POST", "incidents", body, who="dana", key="satu")
    another = ground.city.call("POST", "incidents", body, who="rian", key="satu")
    assert first == again and another[1]["id"] != first[1]["id"]


def test_it_gives_a_crew_no_way_to_what_it_left(ground: Ground) -> None:
    """A crew that is moved to another center keeps no unit of the old one."""
    crew = ground.city.users["crew"]
    User.objects.filter(pk=crew.pk).update(center=ground.city.users["outsider"].center)
    assert ground.ask("crew", "GET me", "me", None)[2].count("PMK") == 0
    status, code, _ = ground.ask(
        "crew", "POST units/{call_sign}/off-duty", f"units/{ground.own.free_unit}/off-duty", {}
    )
    assert (status, code) == (403, "not_allowed")


def test_it_shows_pages_as_the_table_says(city: Cast) -> None:
    for role, who in WHO.items():
        client = Client()
        client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
        for route, row in doors.PAGES.items():
            if row in (doors.PUBLIC, doors.SIGNED_IN):
                continue  # one's own account: tests/signin
            if "<" in route:
                continue  # of one object: tests/privacy/test_pages.py
            status = client.get(f"/{route}").status_code
            assert (status == 200) == (role in MAY[row]), (role, route, status)
    for route, row in doors.PAGES.items():
        if row != doors.PUBLIC:
            answer = Client().get(f"/{route.replace('<int:pk>', '1')}")
            if route in doors.BY_TOKEN:
                assert answer.status_code == 401, route
                continue
            assert answer.status_code == 302 and answer["Location"].startswith("/login"), route
