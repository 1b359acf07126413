"""One socket's outbox: the order of what it is told, its bound, and what passes a wire that takes nothing."""

from __future__ import annotations

import asyncio

import pytest

from commandcenter.live import queues
from commandcenter.live.queues import FRAMES_MAX, Outbox
from commandcenter.live.wire import Message


class FakeWire:
    """Takes what it is given while it is open."""

    def __init__(self) -> None:
        self.is_writable = True
        self.written: list[bytes] = []
        self.is_aborted = False

    def write(self, framed: bytes) -> None:
        self.written.append(framed)

    async def writable(self) -> None:
        raise AssertionError("nobody waits here")

    def abort(self) -> None:
        self.is_aborted = True


def message(number: int) -> Message:
    return Message(f'{{"seq":{number}}}')


def test_it_frames_as_the_protocol_says() -> None:
    assert Message("hi").framed == b"\x81\x02hi"
    assert Message(b"\x00" * 200).framed == b"\x82\x7e\x00\xc8" + b"\x00" * 200


def test_it_writes_at_once_only_when_the_socket_has_caught_up_and_nothing_waits() -> None:
    wire = FakeWire()
    outbox = Outbox(wire)
    outbox.put(message(1))
    assert wire.written == [] and len(outbox.frames) == 1
    outbox.open()
    outbox.put(message(2))  # behind the one that waits
    assert wire.written == [] and len(outbox.frames) == 2
    outbox.frames.clear()
    outbox.put(message(3))
    assert wire.written == [message(3).framed]
    outbox.shut()
    outbox.put(message(4))
    assert len(wire.written) == 1


async def test_it_holds_a_bound_then_lets_nothing_pass_the_resync_and_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = FakeWire()
    outbox = Outbox(wire)
    outbox.open()
    wire.is_writable = False
    monkeypatch.setattr(queues, "POLITE_SECONDS", 0.05)
    for number in range(FRAMES_MAX):
        outbox.put(message(number))
    assert len(outbox.frames) == FRAMES_MAX and not outbox.is_overrun
    outbox.put(message(FRAMES_MAX))
    assert outbox.is_overrun and not outbox.frames
    wire.is_writable = True  # it reads again: but a frame now would leave a gap before it
    outbox.put(message(FRAMES_MAX + 1))
    outbox.put_beat(message(0))
    outbox.put_positions(Message(b"p"))
    assert wire.written == [] and outbox.beat is None and outbox.positions is None
    await asyncio.sleep(0.2)
    assert wire.is_aborted


async def test_it_keeps_only_the_newest_positions_and_beat() -> None:
    outbox = Outbox(None)
    outbox.open()
    for number in range(3):
        outbox.put_positions(Message(bytes([number])))
        outbox.put_beat(message(number))
    assert outbox.positions is not None and outbox.positions.payload == b"\x02"
    assert outbox.beat is not None and outbox.beat.payload == '{"seq":2}'
