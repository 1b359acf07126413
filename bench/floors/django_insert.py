"""A plain Django view that parses a report and inserts one row: no token, no timeline, no routing."""

from __future__ import annotations

import itertools
import json
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.floors.django_insert_settings")
application = get_asgi_application()

from django.contrib.gis.geos import Point  # noqa: E402 - Django must be set up first
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

from incidents.models import Incident, IncidentType  # noqa: E402

_numbers = itertools.count()


@csrf_exempt
def insert(request: HttpRequest) -> JsonResponse:
    report = json.loads(request.body)
    kind = IncidentType.objects.get(center=report["center"], code=report["type"])
    incident = Incident.objects.create(
        center_id=report["center"],
        number=f"plain-{os.getpid()}-{next(_numbers)}",
        type=kind,
        priority=kind.default_priority,
        location=Point(report["location"]["lon"], report["location"]["lat"], srid=4326),
        address=report["address"],
        narrative=report["narrative"],
        opened_at=timezone.now(),
    )
    return JsonResponse({"id": incident.pk, "number": incident.number}, status=201)


urlpatterns = [path("", insert)]
