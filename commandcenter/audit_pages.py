"""Pages of audit and of people's data: break the glass, who saw what, what is held about one person. Plain forms that need no
module; what they ask for is written down by the verbs themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from commandcenter.doors import PAGES, route_of
from commandcenter.history import person
from commandcenter.live.audiences import sight_of
from incidents import access_log
from incidents.access import may
from incidents.actions.privacy import break_glass, is_behind_broken_glass
from incidents.models import Access, BrokenGlass, Center, Incident, User
from incidents.privacy import MASK, MEDICAL, WORDS, Show, digest_of_number, plain_number
from incidents.refusals import NotFound, Refusal
from incidents.rows import shape_incidents

PAGE_ROWS = 100
ROWS_MAX = 5000


def _user(request: HttpRequest) -> tuple[User, Center]:
    """Raises PermissionDenied for another role."""
    user = request.user
    if not isinstance(user, User) or user.center is None or not may(user, PAGES[route_of(request)]):
        raise PermissionDenied
    return user, user.center


def _said(refusal: Refusal, user: User) -> str:
    return refusal.message(user.language)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def glass(request: HttpRequest) -> HttpResponse:
    """Asks for center, number and reason; opens the incident for some minutes."""
    user, center = _user(request)
    problem = ""
    if request.method == "POST":
        number, code = request.POST.get("number", "").strip()[:20], request.POST.get("center", "").strip()[:50]
        incident = (
            Incident.objects.select_related("center").filter(center__code=code or center.code, number=number).first()
        )
        try:
            if incident is None or "\x00" in number + code:
                raise NotFound(what="Kejadian / incident")
            break_glass(user, incident, reason=request.POST.get("reason", "")[:300])
            return redirect("glass_incident", incident.pk)
        except Refusal as refusal:
            problem = _said(refusal, user)
    mine = BrokenGlass.objects.filter(user=user, until__gt=timezone.now()).select_related("incident")
    centers = Center.objects.order_by("name").only("code", "name")
    context = {"own": center, "centers": centers, "mine": mine, "problem": problem, "given": request.POST}
    context["minutes"] = settings.BREAK_GLASS_MINUTES
    return render(request, "glass.html", context, status=422 if problem else 200)


@never_cache
@login_required
@require_GET
def glass_incident(request: HttpRequest, pk: int) -> HttpResponse:
    """The incident, to look at, as the kind of viewer that the user is sees it."""
    user, _ = _user(request)
    if not is_behind_broken_glass(user, pk):
        raise PermissionDenied
    incident = Incident.objects.select_related("type", "zone", "center").get(pk=pk)
    access_log.saw(user, Access.What.SEEN_BEHIND_GLASS, incident=pk, center_id=incident.center_id)
    sight = sight_of(user)
    row = sight.incident(shape_incidents(Incident.objects.filter(pk=pk))[0])
    hides = sight.show(WORDS) is not Show.FULL
    notes = [
        {"at": note.at, "text": MASK if hides and (note.is_medical or row["category"] == MEDICAL) else note.text}
        for note in incident.notes.all()
    ]
    until = BrokenGlass.objects.filter(user=user, incident=pk).latest("until").until
    return render(request, "glass_incident.html", {"incident": incident, "row": row, "notes": notes, "until": until})


@never_cache
@login_required
@require_GET
def who_saw(request: HttpRequest) -> HttpResponse:
    """The log of access of the own center: by an incident, by a person, by a caller's number; newest first."""
    user, center = _user(request)
    asked = {name: request.GET.get(name, "").strip()[:60] for name in ("incident", "who", "number", "what")}
    rows: QuerySet[Access] = Access.objects.filter(center=center).select_related("user").order_by("-at", "-pk")
    if "\x00" in "".join(asked.values()):
        rows = rows.none()
    if asked["incident"]:
        found = Incident.objects.filter(center=center, number=asked["incident"]).values_list("pk", flat=True)
        rows = rows.filter(incident_ref__in=list(found))
    if asked["who"]:
        rows = rows.filter(user__username=asked["who"])
    if asked["number"]:
        rows = rows.filter(number_digest=digest_of_number(asked["number"]))
    if asked["what"] in Access.What.values:
        rows = rows.filter(what=asked["what"])
    if any(asked.values()):
        access_log.saw(user, Access.What.LOOKED_UP, words=asked["incident"] or asked["who"])
    page = Paginator(list(rows[:ROWS_MAX]), PAGE_ROWS).get_page(request.GET.get("page"))
    numbers = dict(
        Incident.objects.filter(pk__in={row.incident_ref for row in page if row.incident_ref}).values_list(
            "pk", "number"
        )
    )
    lines = [(row, numbers.get(row.incident_ref or 0, "")) for row in page]
    open_glass = BrokenGlass.objects.filter(incident__center=center, at__gt=timezone.now() - timedelta(days=30))
    context = {
        "lines": lines,
        "page": page,
        "asked": asked | {"number": ""},
        "whats": Access.What.choices,
        "glass": open_glass.select_related("user", "incident").order_by("-at")[:20],
    }
    return render(request, "who_saw.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def person_data(request: HttpRequest) -> HttpResponse:
    """What is held about one person: handed over as a file, counted, or erased."""
    user, center = _user(request)
    context: dict[str, Any] = {"given": {}, "problem": "", "erased": None}
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip()[:300] for name in ("number", "username", "reason", "do")}
        context["given"] = given
        try:
            if "\x00" in "".join(given.values()) or not (plain_number(given["number"]) or given["username"]):
                raise person.NobodyFound
            if given["do"] == "export":
                return _handed_over(center, user, given)
            is_dry = given["do"] != "erase"
            if given["number"]:
                erased = person.erase_number(center, user, given["number"], reason=given["reason"], is_dry=is_dry)
            else:
                erased = person.erase_user(center, user, given["username"], reason=given["reason"], is_dry=is_dry)
            context |= {"erased": erased, "is_dry": is_dry}
        except Refusal as refusal:
            context["problem"] = _said(refusal, user)
    return render(request, "person_data.html", context, status=422 if context["problem"] else 200)


def _handed_over(center: Center, user: User, given: dict[str, str]) -> HttpResponse:
    if given["number"]:
        held = person.export_number(center, user, given["number"], reason=given["reason"])
    else:
        held = person.export_user(center, user, given["username"], reason=given["reason"])
    response = HttpResponse(orjson.dumps(held, option=orjson.OPT_INDENT_2), content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="person.json"'
    return response
