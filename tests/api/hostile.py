"""Made-up requests from the OpenAPI document, for every role and for nobody: well-formed, ill-formed, and with ids that exist,
in this center and in another. Gives cases; `test_fuzz.py` says what must hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from commandcenter.api.root import api
from dispatch.models import Assignment, Referral, Unit
from incidents.models import Alarm, Call, Incident, Job
from tests.cast import Cast

SECRET = "rahasia-seberang"
"""Stands in every row of the other center: whoever reads it reached across."""
NOBODY = "nobody"
ROLES = [NOBODY, "dana", "sam", "ada", "crew", "hotline", "tracker"]


@dataclass
class Tally:
    """What came back. `conforming`: answers that were compared with the schema of their status."""

    cases: int = 0
    conforming: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
    schema.app = get_wsgi_application()
    # /track is answered before Django: only a real server has it.
    return [one for one in (result.ok() for result in schema.get_all_operations()) if one.path != "/track"]


def furnish(city: Cast) -> dict[str, list[Any]]:
    """A room at work, another center with secrets, and what a path may name."""
    call = city.ring()
    city.ok("POST", f"calls/{call['id']}/answer", {})
    city.open(call=call["id"])
    city.open("landslide")
    city.open("ghost_sighting")
    city.work()
    away = city.users["outsider"].center
    kind = Incident.objects.filter(center=city.center).select_related("type")[0].type
    kind.pk, kind.center, kind.code, kind.name_id, kind.name_en = None, away, "secret", SECRET, SECRET
    kind.save()
    theirs = city.ok(
        "POST",
        "incidents",
        {"type": "secret", "location": {"lat": -7.25, "lon": 113.5}, "address": SECRET, "narrative": SECRET},
        who="outsider",
    )
    city.ok("POST", f"incidents/{theirs['id']}/notes", {"text": SECRET}, who="outsider")
    city.work()

    def ids(model: Any) -> list[Any]:
        return list(model.objects.values_list("pk", flat=True))

    return {
        "call_id": ids(Call),
        "incident_id": ids(Incident),
        "referral_id": ids(Referral),
        "assignment_id": ids(Assignment),
        "alarm_id": ids(Alarm),
        "job_id": ids(Job),
        "call_sign": list(Unit.objects.values_list("call_sign", flat=True)),
    }


def try_role(city: Cast, who: str, named: dict[str, list[Any]], cases: int, *, is_random: bool = False) -> Tally:
    """So many cases. Raises AssertionError with the request that shows it again."""
    tally, every = Tally(), operations()
    headers = {} if who == NOBODY else {"Authorization": f"Bearer {city.token(who)}"}

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=not is_random,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def fuzz(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(every))
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
            mode = GenerationMode.POSITIVE
        case = data.draw(operation.as_strategy(generation_mode=mode))
        for name in list(case.path_parameters or {}):
            if named.get(name) and data.draw(st.integers(0, 3)):
                case.path_parameters[name] = data.draw(st.sampled_from(named[name]))
        answer = case.call(headers=headers)
        tally.cases += 1
        tally.statuses[answer.status_code] += 1
        tally.operations.add(operation.label)
        told = (case.as_curl_command(), answer.status_code, answer.text[:500])
        assert answer.status_code < 500, told
        assert SECRET not in answer.text or who == "outsider", told
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}, told
            assert set(answer.json()["error"]) == {"code", "message", "fields"}, told
        elif str(answer.status_code) in operation.definition.raw["responses"]:
            case.validate_response(answer, checks=[response_schema_conformance])
            tally.conforming += 1
        if who == NOBODY:
            assert answer.status_code in (400, 401, 403, 404, 405), told

    fuzz()
    return tally
