"""Refusals: what a room cannot do now, with a name, a status code for HTTP and words in both languages."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A verb was refused; nothing was written. `words` may use the fields as {placeholders}."""

    code = "refused"
    status_code = 409
    words: dict[str, str] = {"id": "Ditolak.", "en": "Refused."}

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        return self.words["en" if language == "en" else "id"].format_map(self.fields)


class StepOffGraph(Refusal):
    code = "step_off_graph"
    words = {
        "id": "Langkah dari {old} ke {new} tidak ada.",
        "en": "There is no step from {old} to {new}.",
    }


class NotFound(Refusal):
    code = "not_found"
    status_code = 404
    words = {"id": "{what} tidak ditemukan.", "en": "{what} was not found."}


class Invalid(Refusal):
    """A value that cannot be taken; `field` names it."""

    code = "invalid"
    status_code = 422
    words = {"id": "{field}: nilai tidak dapat diterima ({why}).", "en": "{field}: the value cannot be taken ({why})."}


class OutsideArea(Refusal):
    code = "outside_area"
    status_code = 422
    words = {
        "id": "Lokasi di luar wilayah: zona terdekat {nearest}, {distance_km} km.",
        "en": "The location is outside the area: the nearest zone is {nearest}, {distance_km} km away.",
    }


class VersionConflict(Refusal):
    code = "version_conflict"
    words = {
        "id": "Sudah diubah orang lain (versi {current}).",
        "en": "Somebody else has changed it (version {current}).",
    }
