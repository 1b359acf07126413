"""The board as the last snapshot gave it: rows by id, and the few questions the players ask of it.
Fetched by polling, so that the simulation needs nothing but the HTTP API."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from commandcenter.simulation.client import Row

Point = tuple[float, float]
OPEN_REFERRAL = frozenset({"routed", "accepted"})
CLOSED_ASSIGNMENT = frozenset({"cleared", "canceled"})


@dataclass(frozen=True)
class Board:
    calls: dict[int, Row] = field(default_factory=dict)
    incidents: dict[int, Row] = field(default_factory=dict)
    referrals: dict[int, Row] = field(default_factory=dict)
    assignments: dict[int, Row] = field(default_factory=dict)
    """Open ones only."""
    units: dict[str, Row] = field(default_factory=dict)
    """By call sign."""
    alarms: dict[int, Row] = field(default_factory=dict)

    def assignments_by_incident(self) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for assignment in self.assignments.values():
            found[assignment["incident"]].append(assignment)
        return found

    def referrals_by_incident(self) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for referral in self.referrals.values():
            found[referral["incident"]].append(referral)
        return found

    def share_available(self, discipline: str) -> float:
        """0..1 of the units in service that are free; 1 when the discipline has none."""
        in_service = [
            unit
            for unit in self.units.values()
            if unit["discipline"] == discipline and unit["status"] not in ("out_of_service", "off_duty")
        ]
        if not in_service:
            return 1.0
        free = [unit for unit in in_service if unit["status"] == "available"]
        return len(free) / len(in_service)


def board_from(snapshot: Row) -> Board:
    """Reads the answer of `GET /board`."""

    def rows(name: str) -> list[Row]:
        return [row for row in snapshot.get(name, []) if row.get("on_board", True)]

    return Board(
        calls={row["id"]: row for row in rows("calls")},
        incidents={row["id"]: row for row in rows("incidents")},
        referrals={row["id"]: row for row in rows("referrals") if row["status"] in OPEN_REFERRAL},
        assignments={row["id"]: row for row in rows("assignments") if row["status"] not in CLOSED_ASSIGNMENT},
        units={row["call_sign"]: row for row in rows("units") if row.get("is_active", True)},
        alarms={row["id"]: row for row in rows("alarms")},
    )


def point_of(location: Any) -> Point | None:
    """{"lat", "lon"} → (lon, lat), None for null."""
    if not isinstance(location, dict):
        return None
    return float(location["lon"]), float(location["lat"])
