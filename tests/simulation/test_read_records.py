"""Promises of the mapping files: each record is ours by type and discipline, or not usable for a named reason.
The two real files are tried only where they lie beside the project; the others are written here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from commandcenter.simulation.records import (
    MAPPINGS,
    MappingError,
    choose,
    mapping_file,
    read_mapping,
    read_records,
)
from dispatch.cities.reader import read_city

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "calls"
TYPES = {fact.code: fact.category for fact in read_city("surabaya").incident_types}

MONTGOMERY = """lat,lng,title,timeStamp,twp,addr
40.10,-75.30,Traffic: VEHICLE ACCIDENT -,2018-11-15 08:05,NORTH,A ST & B ST
40.11,-75.31,EMS: CARDIAC EMERGENCY,2018-11-15 08:01,SOUTH,C ST
,,Fire: VEHICLE FIRE,2018-11-15 08:02,SOUTH,D ST
40.12,-75.32,Fire: TRANSFERRED CALL,2018-11-15 08:03,SOUTH,E ST
40.13,-75.33,Parade: BRASS BAND,2018-11-15 08:04,SOUTH,F ST
40.14,-75.34,Fire: FIRE ALARM,yesterday,SOUTH,G ST
0,0,Fire: FIRE ALARM,2018-11-16 09:00,SOUTH,H ST
"""


@pytest.fixture
def montgomery(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(MONTGOMERY, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_it_maps_only_to_types_and_disciplines_that_exist(path: Path) -> None:
    for kind in read_mapping(path).kinds:
        if not kind.refuse:
            assert TYPES[kind.type] == kind.discipline, kind


def test_it_reads_records_in_the_order_of_their_time(montgomery: Path) -> None:
    reading = read_records(montgomery, read_mapping(mapping_file("montgomery")))
    assert [record.type for record in reading.records] == ["cardiac_arrest", "traffic_accident"]
    assert reading.records[1].address == "A ST & B ST, NORTH"
    assert reading.records[1].place == (-75.30, 40.10)


def test_it_names_the_reason_of_each_record_it_cannot_use(montgomery: Path) -> None:
    reading = read_records(montgomery, read_mapping(mapping_file("montgomery")))
    assert sorted((item.line, item.reason) for item in reading.unusable) == [
        (4, "no_location"),
        (5, "transferred_elsewhere"),
        (6, "no_type"),
        (7, "no_time"),
        (8, "no_location"),
    ]
    assert reading.rows == len(reading.records) + len(reading.unusable)


def test_it_chooses_by_time_and_number(montgomery: Path) -> None:
    reading = read_records(montgomery, read_mapping(mapping_file("montgomery")))
    day = choose(reading, datetime(2018, 11, 15), datetime(2018, 11, 16), 0)
    assert len(day.records) + len(day.unusable) == 6
    assert len(choose(reading, None, None, 3).records) == 1


def test_it_folds_the_units_of_one_incident_into_one_record(tmp_path: Path) -> None:
    path = tmp_path / "fires.csv"
    head = (
        "Incident Number,Received DtTm,Location,Address,Neighborhooods - Analysis Boundaries,Call Type,Call Type Group"
    )
    path.write_text(
        f"""{head}
9,01/10/2009 02:36:01 PM,"(37.77, -122.44)",GROVE ST,Lone,Outside Fire,
9,01/10/2009 02:36:01 PM,"(37.77, -122.44)",GROVE ST,Lone,Outside Fire,
8,01/09/2009 02:36:01 AM,"(37.78, -122.45)",OAK ST,Lone,Structure Fire,Alarm
""",
        encoding="utf-8",
    )
    reading = read_records(path, read_mapping(mapping_file("sf_fires")))
    assert (reading.rows, reading.folded) == (3, 1)
    assert [(record.type, record.discipline) for record in reading.records] == [
        ("building_fire", "fire"),
        ("land_fire", "fire"),
    ]
    assert reading.records[0].at == datetime(2009, 1, 9, 2, 36, 1)


def test_it_says_which_column_a_file_lacks(montgomery: Path) -> None:
    with pytest.raises(MappingError, match="has no column 'Received DtTm'"):
        read_records(montgomery, read_mapping(mapping_file("sf_fires")))


def test_it_says_what_a_mapping_lacks(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[time]\ncolumn = "a"\nformat = "%Y"\n', encoding="utf-8")
    with pytest.raises(MappingError, match="location is missing"):
        read_mapping(path)
    path.write_text("[[[", encoding="utf-8")
    with pytest.raises(MappingError, match="mine.toml"):
        read_mapping(path)


def test_it_names_the_shipped_mappings_when_asked_for_another() -> None:
    with pytest.raises(MappingError, match="montgomery, sf_fires"):
        mapping_file("paris")


@pytest.mark.parametrize(
    ("file", "mapping", "since", "until"),
    [
        ("montgomery_911.csv", "montgomery", datetime(2018, 11, 15), datetime(2018, 11, 16)),
        ("sf_fires_2009_2019.csv", "sf_fires", None, None),
    ],
)
def test_it_can_use_95_of_100_real_records(
    file: str, mapping: str, since: datetime | None, until: datetime | None
) -> None:
    if not (SHARED / file).is_file():
        pytest.skip("the real records are not beside the project")
    reading = read_records(SHARED / file, read_mapping(mapping_file(mapping)))
    chosen = choose(reading, since, until, 0)
    assert len(chosen.records) >= 0.95 * (len(chosen.records) + len(chosen.unusable))
    assert {item.reason for item in chosen.unusable} <= {"transferred_elsewhere", "support_to_another_incident"}
