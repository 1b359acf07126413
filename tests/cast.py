"""The fixed cast and a small city: Dana the operator, Sam the supervisor, Ada the administrator, the crew of PMK-01, an
outsider of another center. Invented names; nothing here asserts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.test import Client
from django.utils import timezone

from dispatch.models import Agency, Capability, PlanItem, ResponsePlan, Station, Unit, UnitType
from incidents.accounts import make_token
from incidents.jobs import run_job
from incidents.models import Center, IncidentType, Job, User, Zone

CLIENT = Client()
"""One for all, made ready before any transaction begins: each new one looks for every static file again."""
CLIENT.handler.load_middleware()
MIDDLE = {"lat": -7.25, "lon": 112.75}
AGENCIES = {"fire": "dpkp", "medical": "dinkes", "police": "polrestabes", "social": "dinsos", "disaster": "bpbd"}
SIGNS = {"fire": "PMK", "medical": "TGC", "police": "POL", "social": "SOS", "disaster": "BPBD"}
TYPES = {
    "building_fire": ("fire", 1, ["fire", "medical"]),
    "landslide": ("disaster", 2, ["disaster"]),
    "abandoned_elder": ("social", 3, ["social"]),
    "burglary": ("police", 2, ["police"]),
    "ghost_sighting": ("police", 4, []),
}


@dataclass
class Cast:
    center: Center
    users: dict[str, User]
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens = {who: make_token(user) for who, user in self.users.items()}

    def token(self, who: str) -> str:
        return self.tokens[who]

    def call(self, method: str, path: str, body: Any = None, who: str = "dana", key: str | None = None) -> Any:
        """(status, JSON) of an API call."""
        headers = {"Authorization": f"Bearer {self.token(who)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        response = CLIENT.generic(
            method,
            f"/api/v1/{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers=headers,
        )
        return response.status_code, json.loads(response.content) if response.content else None

    def ok(self, method: str, path: str, body: Any = None, who: str = "dana") -> Any:
        status, answer = self.call(method, path, body, who)
        assert status < 300, (status, answer)
        return answer

    def refused(self, method: str, path: str, body: Any = None, who: str = "dana") -> tuple[int, str]:
        status, answer = self.call(method, path, body, who)
        assert set(answer) == {"error"}, answer
        assert set(answer["error"]) == {"code", "message", "fields"}
        return status, answer["error"]["code"]

    def ring(self, external_id: str = "ring-1") -> Any:
        body = {
            "external_id": external_id,
            "line": "1",
            "caller_number": "0800-0000-0001",
            "rang_at": timezone.now().isoformat(),
        }
        return self.ok("POST", "calls", body, who="hotline")

    def open(self, kind: str = "building_fire", **more: Any) -> Any:
        return self.ok("POST", "incidents", {"type": kind, "location": MIDDLE} | more)

    def work(self) -> list[str]:
        """Does all due jobs, as workers would."""
        return [
            run_job(pk, "test")
            for pk in Job.objects.filter(status="due", due_at__lte=timezone.now()).values_list("pk", flat=True)
        ]

    def board(self, who: str = "dana") -> Any:
        return self.ok("GET", "board", who=who)


def make_center(code: str, lon: float = 112.75) -> Center:
    center = Center.objects.create(code=code, name=code.title(), location=Point(lon, -7.25, srid=4326))
    for number, west in enumerate((lon - 0.1, lon), start=1):
        square = Polygon.from_bbox((west, -7.35, west + 0.1, -7.15))
        square.srid = 4326
        Zone.objects.create(
            center=center, code=f"{code}-{number}", name=f"Zona {number}", outline=MultiPolygon(square, srid=4326)
        )
    return center


def make_city(units_each: int = 3, code: str = "kota") -> Cast:
    """A center with two zones, five agencies with a few units, four covered types and one that no plan covers. The names
    of its people begin with the code of the city, but for the first city."""
    center = make_center(code)
    prefix = "" if code == "kota" else f"{code}-"
    station = Station.objects.create(
        center=center, code="pos", name="Pos Tengah", location=Point(112.751, -7.251, srid=4326)
    )
    for discipline, agency_code in AGENCIES.items():
        agency = Agency.objects.create(
            center=center,
            code=agency_code,
            name_id=agency_code,
            name_en=agency_code,
            discipline=discipline,
            auto_dispatch_up_to=3,
        )
        can = Capability.objects.create(center=center, code=discipline, name_id=discipline, name_en=discipline)
        kind = UnitType.objects.create(
            center=center,
            code=agency_code,
            name_id=agency_code,
            name_en=agency_code,
            discipline=discipline,
            speeds_kmh=[30] * 24,
        )
        units = Unit.objects.bulk_create(
            Unit(
                center=center,
                agency=agency,
                call_sign=f"{SIGNS[discipline]}-{number:02d}",
                unit_type=kind,
                station=station,
            )
            for number in range(1, units_each + 1)
        )
        can.units.set(units)
    for type_code, (category, priority, needs) in TYPES.items():
        kind_of = IncidentType.objects.create(
            center=center,
            code=type_code,
            name_id=type_code,
            name_en=type_code,
            category=category,
            default_priority=priority,
        )
        if needs:
            plan = ResponsePlan.objects.create(center=center, incident_type=kind_of)
            for discipline in needs:
                PlanItem.objects.create(
                    plan=plan,
                    agency=Agency.objects.get(center=center, code=AGENCIES[discipline]),
                    capability=Capability.objects.get(center=center, code=discipline),
                )
    roles = {
        "dana": "operator",
        "rian": "operator",
        "sam": "supervisor",
        "ada": "administrator",
        "crew": "crew",
        "hotline": "hotline",
        "tracker": "tracker",
    }
    users = {
        name: User.objects.create(username=f"{prefix}{name}", role=role, center=center, first_name=name.title())
        for name, role in roles.items()
    }
    Unit.objects.get(center=center, call_sign="PMK-01").crew.add(users["crew"])
    users["outsider"] = User.objects.create(
        username=f"{prefix}outsider", role="operator", center=make_center(f"{prefix}seberang", 113.5)
    )
    return Cast(center, users)
