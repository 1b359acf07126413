"""Every way in, each with its row of `incidents/access.py`: pages, operations of the API, trackers' addresses, sockets, the
administrator's pages and actions. What has no row here is not reachable; tests/access compares it with what is served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

PUBLIC = "public"
"""Open to whoever comes."""
SIGNED_IN = "signed in"
"""Open to any user of a center."""

PAGES: dict[str, str] = {
    "": "open_console",  # a crew is sent on to its own page
    "map": "open_map",
    "crew": "open_crew_page",
    "break-glass": "break_glass",
    "break-glass/<int:pk>": "break_glass",  # and only what the user broke the glass before
    "who-saw": "see_access_log",
    "person-data": "handle_person_data",
    "login": PUBLIC,
    "login/code": PUBLIC,  # for whoever gave the password just now; else back to the login
    "login/passkey": PUBLIC,
    "logout": PUBLIC,
    # One's own account alone; without the second factor that the role needs, only what sets it up (signin/middleware.py).
    "account": SIGNED_IN,
    "account/app": SIGNED_IN,
    "account/app/remove": SIGNED_IN,
    "account/passkeys/add": SIGNED_IN,
    "account/passkeys/<int:pk>/remove": SIGNED_IN,
    "account/recovery-codes": SIGNED_IN,
    "account/recovery-codes/new": SIGNED_IN,
    "account/confirm": SIGNED_IN,
    "account/confirm/code": SIGNED_IN,
    "account/confirm/passkey": SIGNED_IN,
    "account/password": SIGNED_IN,
    "account/sessions/end": SIGNED_IN,
    "language": PUBLIC,
    "saved-board": PUBLIC,  # asks for its own signed cookie: there is no database to ask
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": "see_metrics",
    "api/v1/openapi.json": PUBLIC,
}
BY_TOKEN = frozenset({"metrics"})
"""Pages for machines: they ask for a bearer token by themselves and send nobody to the login."""

API: dict[str, str] = {
    "GET board": "see_board",
    "GET me": "see_self",
    "GET incident-types": "read_catalog",
    "GET agencies": "read_catalog",
    "GET zones": "read_catalog",
    "GET stations": "read_catalog",
    "GET places": "read_catalog",
    "POST calls": "ring_call",
    "GET calls/{call_id}": "see_calls",
    "POST calls/{call_id}/answer": "handle_call",
    "POST calls/{call_id}/hold": "handle_call",
    "POST calls/{call_id}/resume": "handle_call",
    "POST calls/{call_id}/end": "end_call",
    "POST calls/{call_id}/outcome": "handle_call",
    "POST calls/{call_id}/reveal": "reveal",
    "POST incidents": "open_incident",
    "GET incidents": "see_incident",
    "GET incidents/{incident_id}": "see_incident",
    "PATCH incidents/{incident_id}": "edit_incident",
    "POST incidents/{incident_id}/notes": "add_note",
    "POST incidents/{incident_id}/reveal": "reveal",
    "POST incidents/{incident_id}/duplicate": "edit_incident",
    "POST incidents/{incident_id}/close": "close_incident",
    "GET incidents/{incident_id}/recommendations": "see_recommendations",
    "POST incidents/{incident_id}/assignments": "assign",
    "POST incidents/{incident_id}/referrals": "refer",
    "POST referrals/{referral_id}/accept": "refer",
    "POST referrals/{referral_id}/decline": "refer",
    "POST referrals/{referral_id}/close": "refer",
    "POST assignments/{assignment_id}/status": "step_assignment",
    "POST assignments/{assignment_id}/cancel": "assign",
    "POST units/{call_sign}/out-of-service": "serve_unit",
    "POST units/{call_sign}/in-service": "serve_unit",
    "POST units/{call_sign}/off-duty": "serve_unit",
    "POST positions": "report_position",
    "GET positions/counts": "see_tracking",
    "POST alarms/{alarm_id}/acknowledge": "acknowledge_alarm",
    "GET jobs": "see_jobs",
    "POST jobs/{job_id}/retry": "retry_job",
}

TRACKERS: dict[str, str] = {
    "/api/v1/positions": "report_position",
    "/track": "report_position",
}
"""Answered before Django (`commandcenter/tracking/http.py`)."""

SOCKETS: dict[str, str] = {
    "ws/live": "see_board",
    "ws/positions": "report_position",
}

# The administrator's site: all of it asks for `administer`, and shows rows of the administrator's own center alone.
ADMIN_SITE = (
    "",
    "zones.geojson",
    "search/",
    "login/",
    "logout/",
    "password_change/",
    "password_change/done/",
    "jsi18n/",
    "^(?P<app_label>incidents|dispatch)/$",
    "(?P<url>.*)$",
)
LOOK = ("list", "view", "history")
EDIT = ("list", "view", "history", "add", "change")
ADMIN: dict[str, tuple[str, ...]] = {
    "incidents.incidenttype": (*EDIT, "delete", "action:delete_selected"),
    "incidents.zone": (*EDIT, "delete", "action:delete_selected"),
    "incidents.user": (*EDIT, "password", "action:end_sessions", "action:reset_second_factor", "action:unlock"),
    "incidents.token": (*LOOK, "action:revoke", "action:rotate"),
    "incidents.call": LOOK,
    "incidents.incident": LOOK,
    "incidents.timelineentry": LOOK,
    "incidents.alarm": LOOK,
    "incidents.job": LOOK,
    "incidents.recoveryrecord": LOOK,
    "dispatch.agency": (*EDIT, "delete", "action:delete_selected"),
    "dispatch.capability": (*EDIT, "delete", "action:delete_selected"),
    "dispatch.unittype": (*EDIT, "delete", "action:delete_selected"),
    "dispatch.station": (*EDIT, "delete", "action:delete_selected"),
    "dispatch.unit": (*EDIT, "import", "export"),
    "dispatch.responseplan": (*EDIT, "delete", "action:delete_selected"),
    "dispatch.device": (*EDIT, "delete", "action:delete_selected"),
    "dispatch.positioncount": LOOK,
}
ROUTES_OF_VERB: dict[str, tuple[str, ...]] = {
    "list": ("",),
    "view": ("<path:object_id>/change/", "<path:object_id>/"),
    "history": ("<path:object_id>/history/",),
    "add": ("add/",),
    "delete": ("<path:object_id>/delete/",),
    "password": ("<id>/password/",),
    "import": ("import/", "process_import/"),
    "export": ("export/",),
}
"""The routes of a model's pages. Changing is a POST to the page where one looks; actions are POSTs to the list."""
API_PREFIX, ADMIN_PREFIX = "api/v1/", "admin/"


def admin_routes(verbs_of: dict[str, tuple[str, ...]] = ADMIN) -> set[str]:
    """The routes of the administrator's site that have a row."""
    models = {
        f"{ADMIN_PREFIX}{label.replace('.', '/')}/{route}"
        for label, verbs in verbs_of.items()
        for verb in verbs
        for route in ROUTES_OF_VERB.get(verb, ())
    }
    return models | {ADMIN_PREFIX + route for route in ADMIN_SITE}


_ADMIN_ROUTES = admin_routes()


class DoorMiddleware:
    """No page is reached that has no row, and none but the public ones without a user. Which role may is asked where the
    page is made; the API's operations were held against the table when the process started."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        route = route_of(request)
        row = PAGES.get(route)
        if row == PUBLIC or route in BY_TOKEN or (row is None and route.startswith(API_PREFIX)):
            return None
        if row is None and route not in _ADMIN_ROUTES:
            raise PermissionDenied
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return None


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match is not None else ""


def check_operations(operations: Iterable[tuple[str, str, Any]]) -> None:
    """(method, path below the prefix, view) of each operation of the API. Raises ImproperlyConfigured when one has no row, asks
    for another row than the table says, or when a row has no operation: an API with a hole does not start."""
    left = dict(API)
    for method, path, view in operations:
        name = f"{method} {path.strip('/')}"
        asked, row = getattr(view, "access_row", None), left.pop(name, None)
        if asked is None or asked != row:
            raise ImproperlyConfigured(f"{name} asks for {asked}; commandcenter/doors.py says {row}")
    if left:
        raise ImproperlyConfigured(f"commandcenter/doors.py names operations that do not exist: {sorted(left)}")
