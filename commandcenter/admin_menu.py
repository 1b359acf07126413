"""The side menu of the administrator's site: what is set up, who works here, what happened, and the way back.
Names and addresses only; the pages are in each app's `admin.py`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links for unfold's side bar, in the reader's language."""
    return [
        _group(
            "",
            ("desktop_windows", _("To the console"), "/"),
            ("map", _("To the map"), "/map"),
        ),
        _group(
            _("Agencies and units"),
            ("local_fire_department", _("Units"), "dispatch_unit"),
            ("corporate_fare", _("Agencies"), "dispatch_agency"),
            ("home_pin", _("Stations"), "dispatch_station"),
            ("airport_shuttle", _("Unit types"), "dispatch_unittype"),
            ("build", _("Capabilities"), "dispatch_capability"),
            ("smartphone", _("Tracking devices"), "dispatch_device"),
        ),
        _group(
            _("Call types and plans"),
            ("category", _("Incident types"), "incidents_incidenttype"),
            ("checklist", _("Response plans"), "dispatch_responseplan"),
            ("pentagon", _("Zones"), "incidents_zone"),
        ),
        _group(
            _("People"),
            ("group", _("Users"), "incidents_user"),
            ("key", _("Tokens"), "incidents_token"),
            ("visibility", _("Who saw what"), "/who-saw"),
            ("person_search", _("Data of one person"), "/person-data"),
        ),
        _group(
            _("What happened"),
            ("crisis_alert", _("Incidents"), "incidents_incident"),
            ("call", _("Calls"), "incidents_call"),
            ("warning", _("Alarms"), "incidents_alarm"),
            ("history", _("Timeline"), "incidents_timelineentry"),
            ("work_history", _("Jobs"), "incidents_job"),
            ("settings_backup_restore", _("Backups and drills"), "incidents_recoveryrecord"),
            ("share_location", _("Points of trackers"), "dispatch_positioncount"),
        ),
    ]


def _group(title: str, *links: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "separator": bool(title),
        "items": [
            {
                "icon": icon,
                "title": name,
                "link": page if page.startswith("/") else reverse(f"admin:{page}_changelist"),
                # The way back leads out of the site; it is never the page one is on.
                **({"active": False} if page.startswith("/") else {}),
            }
            for icon, name, page in links
        ],
    }
