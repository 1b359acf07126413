"""Recorded tracks become points of a room's units: read, laid over the city, dealt out, sent."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from commandcenter.simulation.tracks import NoTrack, batches, dealt, laid_over, read_track
from dispatch.models import UnitPosition
from tests.cast import Cast
from tests.processes import web

LINES = [
    "longitude,latitude,timestamp,name_id",
    "119.70,31.30,2020-07-18 09:00:20,b",
    "119.71,31.31,2020-07-18 09:00:10,a",
    "119.72,31.32,not a time,a",
    "119.73,31.32",
    "119.711,31.311,2020-07-18 09:01:10,a",
    "119.70,31.30,2020-07-18 09:01:20,c",
]
WUXI = Path(__file__).resolve().parents[3] / "shared" / "data" / "avl" / "wuxi_taxi_150s.csv"


def test_it_reads_sightings_in_time_order_and_counts_what_it_cannot_read() -> None:
    track = read_track(LINES)
    assert [one.vehicle for one in track.sightings] == ["a", "b", "a", "c"]
    assert track.unreadable == 2


@pytest.mark.parametrize("lines", [[], ["a,b,c"], LINES[:1], [LINES[0], LINES[3]]])
def test_it_says_what_a_file_lacks(lines: list[str]) -> None:
    with pytest.raises(NoTrack):
        read_track(lines)


def test_it_deals_each_vehicle_a_unit_of_its_own_and_leaves_the_rest() -> None:
    roles, kept = dealt(read_track(LINES).sightings, ["PMK-01", "PMK-02"])
    assert roles == {"a": "PMK-01", "b": "PMK-02"}
    assert [one.vehicle for one in kept] == ["a", "b", "a"]


def test_it_lays_the_tracks_over_another_city() -> None:
    moved = laid_over(read_track(LINES).sightings, -7.25, 112.75)
    assert round(sorted(one.lat for one in moved)[2], 9) == -7.25
    assert round(moved[2].lon - moved[0].lon, 6) == 0.001


def test_it_cuts_batches_by_time_and_by_size() -> None:
    sightings = read_track(LINES).sightings
    assert [len(batch) for batch in batches(sightings, 30, 1000)] == [2, 2]
    assert [len(batch) for batch in batches(sightings, 1000, 3)] == [3, 1]


def test_it_plays_a_file_into_a_running_room(open_city: Cast, tmp_path: Path) -> None:
    path, words = tmp_path / "tracks.csv", StringIO()
    path.write_text("\n".join(LINES) + "\n")
    with web() as address:
        common = {"url": address, "token": open_city.token("tracker"), "speed": 0, "stdout": words}
        call_command("replay_positions", str(path), units="PMK-01,NONE-1", around="-7.25,112.75", **common)
        with pytest.raises(CommandError, match="401"):
            call_command("replay_positions", str(path), units="PMK-01", **(common | {"token": "no"}))
    assert "taken 2, refused: unknown_unit 1" in words.getvalue()
    assert UnitPosition.objects.get().unit.call_sign == "PMK-01"


@pytest.mark.skipif(not WUXI.exists(), reason="the recorded tracks are not here")
def test_it_reads_a_day_of_real_vehicles() -> None:
    with WUXI.open() as lines:
        track = read_track(lines)
    assert len({one.vehicle for one in track.sightings}) > 400
