"""Endpoints that only read: the board, who am I, types, agencies, zones, stations, places."""

import re
from typing import Annotated, Any, Literal

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON, Centroid
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from commandcenter.api.accounts import center_of, user_of
from commandcenter.api.changes import allows, reads
from commandcenter.api.shapes import BoardOut, Text, TypeOut
from commandcenter.live.audiences import view_of
from commandcenter.snapshot import board_bytes, newest_board
from dispatch.models import Agency, Station
from incidents.models import Center, IncidentType, User, Zone
from incidents.rows import lat_lon

router = Router(tags=["catalog"])
COORDINATES = re.compile(r"^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*$")


@router.get("/board", response=BoardOut, summary="All open rows with the seq they are true at")
@allows("see_board")
def board(request: HttpRequest, view: Literal["wall"] | None = None) -> HttpResponse:
    user = user_of(request)
    audience = view_of(user, view)
    center_id = center_of(request).pk
    if audience.agencies is None:
        return HttpResponse(board_bytes(center_id, audience), content_type="application/json")
    whole = newest_board(center_id)
    return HttpResponse(orjson.dumps(whole | audience.filter(whole)), content_type="application/json")


@router.get("/me", response=dict[str, Any], summary="Who am I")
@reads("see_self")
def me(request: HttpRequest) -> dict[str, Any]:
    user, center = user_of(request), center_of(request)
    return {
        "username": user.username,
        "name": user.name,
        "role": user.role,
        "language": user.language,
        "center": {"code": center.code, "name": center.name, "timezone": center.timezone},
        "units": sorted(_call_signs(user)),
    }


def _call_signs(user: User) -> list[str]:
    return list(user.units.filter(center=user.center_id).values_list("call_sign", flat=True))


@router.get("/incident-types", response=list[TypeOut], summary="What can be reported")
@reads("read_catalog")
def incident_types(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "code": kind.code,
            "name": {"id": kind.name_id, "en": kind.name_en},
            "category": kind.category,
            "default_priority": kind.default_priority,
            "keywords": kind.keywords,
        }
        for kind in IncidentType.objects.filter(center=center_of(request), is_active=True).order_by("code")
    ]


@router.get("/agencies", response=list[dict[str, Any]], summary="Who can be asked to act")
@reads("read_catalog")
def agencies(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "code": agency.code,
            "name": {"id": agency.name_id, "en": agency.name_en},
            "discipline": agency.discipline,
            "auto_dispatch_up_to": agency.auto_dispatch_up_to,
            "acceptance_seconds": agency.acceptance_seconds,
        }
        for agency in Agency.objects.filter(center=center_of(request), is_active=True).order_by("code")
    ]


@router.get("/zones", response=dict[str, Any], summary="The zones as GeoJSON, WGS84")
@reads("read_catalog")
def zones(request: HttpRequest) -> dict[str, Any]:
    found = Zone.objects.filter(center=center_of(request)).annotate(shape=AsGeoJSON("outline", precision=5))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": zone.code,
                "properties": {"code": zone.code, "name": zone.name},
                "geometry": orjson.loads(zone.shape),
            }
            for zone in found.order_by("code")
        ],
    }


@router.get("/stations", response=list[dict[str, Any]], summary="Where units stand, and hospitals")
@reads("read_catalog")
def stations(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "code": station.code,
            "name": station.name,
            "kind": station.kind,
            "agency": station.agency.code if station.agency else None,
            "location": lat_lon(station.location),
            "address": station.address,
        }
        for station in Station.objects.filter(center=center_of(request)).select_related("agency").order_by("code")
    ]


@router.get("/places", response=list[dict[str, Any]], summary="Places by coordinates, zone or landmark name")
@reads("read_catalog")
def places(
    request: HttpRequest,
    q: Annotated[Text, Field(max_length=200)],
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> list[dict[str, Any]]:
    center = center_of(request)
    return (_typed_coordinates(q) + _named_places(center, q.strip()))[:limit]


def _typed_coordinates(q: str) -> list[dict[str, Any]]:
    """Latitude first, as people read them out; the other order is understood where only it can be meant."""
    match = COORDINATES.match(q)
    if match is None:
        return []
    lat, lon = float(match[1]), float(match[2])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return []
    return [
        {
            "label": f"{lat}, {lon}",
            "kind": "coordinates",
            "location": {"lat": lat, "lon": lon},
            "detail": {"id": "koordinat", "en": "coordinates"},
        }
    ]


def _named_places(center: Center, q: str) -> list[dict[str, Any]]:
    if len(q) < 2:
        return []
    zones = Zone.objects.filter(center=center, name__icontains=q).annotate(middle=Centroid("outline")).order_by("name")
    stations = Station.objects.filter(center=center, name__icontains=q).order_by("name")
    found = [
        {
            "label": zone.name,
            "kind": "zone",
            "location": lat_lon(zone.middle),
            "detail": {"id": "kecamatan, titik tengah", "en": "district, its middle"},
        }
        for zone in zones[:20]
    ] + [
        {
            "label": station.name,
            "kind": "station",
            "location": lat_lon(station.location),
            "detail": {"id": station.address or "pos", "en": station.address or "station"},
        }
        for station in stations[:20]
    ]
    found.sort(key=lambda place: (not str(place["label"]).lower().startswith(q.lower()), place["label"]))
    return found
