"""Bounds of what somebody hands in as a file: looked at by its content, never by its name, before anything parses it whole.
The bounds are settings (SIAGA_IMPORT_…). What the rows mean is the importer's."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

BYTES_OF_MB = 1_000_000
NESTING_MAX = 60
"""Of brackets; a GeoJSON collection of multipolygons has nine."""
CONTROL = frozenset(range(32)) - {9, 10, 13}


class Unacceptable(ValueError):
    """A file that is not taken; the message says why, in the reader's language."""


def text_of(data: bytes, megabytes_max: float) -> str:
    """The text in the file. Raises Unacceptable when it is too large, or no text (a spreadsheet is a zip archive)."""
    if len(data) > megabytes_max * BYTES_OF_MB:
        raise Unacceptable(_("The file is larger than %(size)s MB.") % {"size": f"{megabytes_max:g}"})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unacceptable(_("The file is no text in UTF-8.")) from None
    if CONTROL.intersection(data):
        raise Unacceptable(_("The file is no text in UTF-8."))
    return text


def check_csv(data: bytes) -> None:
    """Raises Unacceptable unless it is a CSV file within the bounds of size, rows, columns and cells."""
    text = text_of(data, settings.IMPORT_MB_MAX)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True)):
            if number > settings.IMPORT_ROWS_MAX:
                raise Unacceptable(_("The file has more than %(count)d rows.") % {"count": settings.IMPORT_ROWS_MAX})
            if len(row) > settings.IMPORT_COLUMNS_MAX:
                raise Unacceptable(_("A row has more than %(count)d columns.") % {"count": settings.IMPORT_COLUMNS_MAX})
            if any(len(cell) > settings.IMPORT_CELL_CHARACTERS_MAX for cell in row):
                most = {"count": settings.IMPORT_CELL_CHARACTERS_MAX}
                raise Unacceptable(_("A cell has more than %(count)d characters.") % most)
    except csv.Error as error:
        raise Unacceptable(_("The file is no CSV table: %(why)s") % {"why": error}) from None


def read_geojson(data: bytes) -> Any:
    """The document. Raises Unacceptable unless it is JSON within the bounds of size, nesting, features and points."""
    text = text_of(data, settings.IMPORT_GEOJSON_MB_MAX)
    if _nesting(text) > NESTING_MAX:
        raise Unacceptable(_("The file is nested too deeply."))
    try:
        document = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        raise Unacceptable(_("The file is not JSON: %(why)s") % {"why": error}) from None
    features = document.get("features") if isinstance(document, dict) else None
    if isinstance(features, list) and len(features) > settings.IMPORT_ROWS_MAX:
        raise Unacceptable(_("The file has more than %(count)d rows.") % {"count": settings.IMPORT_ROWS_MAX})
    return document


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _nesting(text: str) -> int:
    """How deep brackets stand in brackets, outside of strings; told before a parser recurses into it."""
    deepest = depth = 0
    in_string = is_escaped = False
    for letter in text:
        if in_string:
            if is_escaped:
                is_escaped = False
            elif letter == "\\":
                is_escaped = True
            elif letter == '"':
                in_string = False
        elif letter == '"':
            in_string = True
        elif letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > NESTING_MAX:
                return deepest
        elif letter in "]}":
            depth -= 1
    return deepest
