"""Each checker is seen to fail on a broken build: the product is broken here in one place at a time, used as clients use it, and
must be caught. The same story on the whole build passes, so that what is caught is the break and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q

from bench.faults.checkers import Seen, check
from bench.faults.final import plain, read_final
from bench.faults.history import FAIL, OK, History
from commandcenter.api import changes
from commandcenter.live import feed
from commandcenter.live.audiences import view_of
from dispatch.actions import assign
from dispatch.models import Assignment, Unit
from incidents import timeline
from tests.cast import MIDDLE, Cast
from tests.live.console import Console, rows_of, without_places

pytestmark = pytest.mark.django_db(transaction=True)


class Story:
    """One client's afternoon: two cases, a key sent twice, a unit sent and cleared, a console that follows."""

    def __init__(self, city: Cast) -> None:
        self.city, self.history = city, History()
        self.console = Console("", "")
        board = city.board()
        self.console.rows, self.console.seq = rows_of(board), board["seq"]

    def do(self, verb: str, path: str, body: Any, key: str, **value: Any) -> Any:
        operation = self.history.invoke("dana", verb, key, value)
        status, answer = self.city.call("POST", path, body, key=key)
        self.history.end(operation, OK if status < 300 else FAIL, status, answer)
        return answer

    def create(self, key: str, kind: str = "ghost_sighting") -> Any:
        return self.do("create", "incidents", {"type": kind, "location": MIDDLE, "narrative": key}, key)

    def send(self, incident: Any, key: str) -> Any:
        return self.do("assign", f"incidents/{incident['id']}/assignments", {"unit": "SOS-01"}, key, unit="SOS-01")

    def play(self) -> None:
        first, second = self.create("k1"), self.create("k2", "burglary")
        self.create("k1")
        sent = self.send(first, "k3")
        self.send(second, "k4")
        for number, status in enumerate(("en_route", "on_scene", "cleared")):
            if "id" in sent:
                self.do(
                    "step",
                    f"assignments/{sent['id']}/status",
                    {"status": status},
                    f"k5-{number}",
                    assignment=sent["id"],
                )
        self.city.work()
        self.do("close", f"incidents/{second['id']}/close", {"disposition": "handled"}, "k6", incident=second["id"])

    def found(self) -> set[str]:
        """The letters of the checkers that found something."""
        change = feed.read_change(self.city.center.pk, self.console.seq)
        if change.seq > self.console.seq:
            self.console.take(json.loads(change.frame_for(view_of(self.city.users["dana"])).payload))
        seen = Seen("console", self.console.seq, without_places(plain(self.console.rows)))
        breaches = check(self.history, read_final(self.city.center.pk, [seen]))
        return {name[0] for name, words in breaches.items() if words}


@contextmanager
def sql(begin: str, end: str) -> Iterator[None]:
    """The database broken, and mended again for the next test."""
    with connection.cursor() as cursor:
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(end)


def test_it_finds_nothing_in_the_whole_build(open_city: Cast) -> None:
    story = Story(open_city)
    story.play()
    assert story.found() == set()


def test_it_catches_a_second_assignment_once_the_index_is_gone(
    open_city: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verb's own look is blinded, as a lost lock would: with the index the database refuses, without it nobody does."""
    monkeypatch.setattr(assign, "ASSIGNMENTS_ON_BOARD", Q(pk__in=[]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'one_open_assignment_per_unit'")
        definition = cursor.fetchone()[0]
    story = Story(open_city)
    first, second = story.create("k1"), story.create("k2")
    story.send(first, "k3")
    freed = "UPDATE dispatch_unit SET status = 'available' WHERE call_sign = 'SOS-01'"
    with sql(freed, ""):
        assert story.send(second, "k4")["error"]["code"] == "conflict"
    assert "b" not in story.found()
    try:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_open_assignment_per_unit")
        assert story.send(second, "k5")["status"] == "dispatched"
        assert "b" in story.found()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dispatch_assignment")
            cursor.execute(definition)


def test_it_catches_a_job_that_was_never_owed(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline.Log, "owe", lambda self, *args, **named: None)
    story = Story(open_city)
    story.play()
    assert story.found() == {"h"}


def test_it_catches_a_case_that_was_routed_twice(open_city: Cast) -> None:
    story = Story(open_city)
    story.play()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_job SET status = 'due', due_at = now(), lease_until = NULL WHERE key LIKE %s", ["route:%"]
        )
    open_city.work()
    assert story.found() == {"h"}


def _append(**changed: str) -> str:
    """The database function that appends, with words of it replaced."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('siaga_append'::regproc)")
        text: str = cursor.fetchone()[0]
    for old, new in changed.values():
        assert old in text
        text = text.replace(old, new)
    return text


def test_it_catches_a_feed_that_skips_a_seq(open_city: Cast) -> None:
    broken = _append(step=("feed.seq := feed.seq + 1", "feed.seq := feed.seq + 1 + (feed.seq % 3 = 2)::int"))
    story = Story(open_city)
    with sql(broken, _append()):
        story.play()
        assert story.found() == {"e"}


def test_it_catches_a_feed_out_of_order(open_city: Cast) -> None:
    """The hash and the seq of each entry are right; the times say that they were written in another order."""
    broken = _append(
        moment=("moment := clock_timestamp()", "moment := clock_timestamp() - feed.seq * interval '1 second'")
    )
    story = Story(open_city)
    with sql(broken, _append()):
        story.play()
        assert "e" in story.found()


def test_it_catches_steps_off_the_graph_once_the_triggers_are_off(
    open_city: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code forgets its graphs: with the triggers the database refuses, without them nobody does."""
    for model in (Assignment, Unit):
        monkeypatch.setattr(model, "GRAPH", {old: list(model.Status.values) for old in model.Status.values})
    story = Story(open_city)
    sent = story.send(story.create("k1"), "k2")
    path = f"assignments/{sent['id']}/status"
    refused = story.do("step", path, {"status": "at_hospital"}, "k3", assignment=sent["id"])
    assert refused["error"]["code"] == "conflict"
    with sql(_triggers("DISABLE"), _triggers("ENABLE")):
        story.do("step", path, {"status": "at_hospital"}, "k4", assignment=sent["id"])
    monkeypatch.undo()
    open_city.work()
    assert story.found() == {"c"}


def _triggers(verb: str, tables: tuple[str, ...] = ("dispatch_assignment", "dispatch_unit")) -> str:
    return "; ".join(f"ALTER TABLE {table} {verb} TRIGGER USER" for table in tables)


def test_it_catches_a_forged_entry(open_city: Cast) -> None:
    story = Story(open_city)
    story.play()
    with (
        sql(
            "ALTER TABLE incidents_timelineentry DISABLE TRIGGER USER",
            "ALTER TABLE incidents_timelineentry ENABLE TRIGGER USER",
        ),
        connection.cursor() as cursor,
    ):
        cursor.execute("""UPDATE incidents_timelineentry SET data = data || '{"priority": 5}' WHERE seq = 2""")
    assert story.found() == {"f"}


def test_it_catches_a_key_that_is_not_kept(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_begin", lambda request: None)
    story = Story(open_city)
    story.play()
    assert story.found() == {"g"}


def test_it_catches_an_answer_before_its_commit(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is told, and the transaction comes to nothing."""
    story = Story(open_city)
    flush = timeline.Log.flush

    def lose(log: timeline.Log) -> None:
        flush(log)
        transaction.set_rollback(True)

    with monkeypatch.context() as broken:
        broken.setattr(timeline.Log, "flush", lose)
        assert "id" in story.create("k1")
    assert "a" in story.found()


def test_it_catches_a_feed_that_skips_a_row(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    read_rows = feed.read_rows

    def forget(center_id: int, touched: Any) -> Any:
        return {**read_rows(center_id, touched), "assignments": []}

    monkeypatch.setattr(feed, "read_rows", forget)
    story = Story(open_city)
    story.send(story.create("k1"), "k2")
    open_city.work()
    assert story.found() == {"d"}
