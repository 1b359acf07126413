"""The people of a seeded demo room: who can log in, with which role; the simulation plays some of them.
Only facts; `seed_city` writes them as demo users, who cannot log in outside demo mode."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    username: str
    role: str
    """operator, supervisor, administrator, crew, hotline or tracker"""
    name: str
    language: str = "id"
    unit: str = ""
    """For crew: the call sign of the unit."""


OPERATOR = "operator"
HOTLINE = "hotline"
TRACKER = "tracker"
RADIO = "radio"
# Played by the simulation, so that what it does never stands under the name of whoever logs in as `operator`.
SIMULATED_OPERATORS = ("sari", "bagus", "wulan")

PEOPLE = (
    Person(OPERATOR, "operator", "Dana"),
    Person("supervisor", "supervisor", "Sam"),
    Person("admin", "administrator", "Ada"),
    Person("crew", "crew", "Regu PMK-01", unit="PMK-01"),
    Person(HOTLINE, "hotline", "Sentral telepon 112"),
    Person(TRACKER, "tracker", "Pelacak kendaraan"),
    Person(RADIO, "operator", "Petugas radio"),
    *(Person(name, "operator", name.capitalize()) for name in SIMULATED_OPERATORS),
)
