"""Hostile input at the sockets of real servers: floods, frames that are too large, lie, never end or are no frames, bombs, half-open
handshakes and foreign origins. The others' consoles go on, and the process neither grows nor ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from django.test import Client

from tests.access.hostile import BINARY, CONTINUATION, FIN, RSV1, TEXT, Wire, connect, frame, open_socket
from tests.cast import Cast
from tests.processes import web

GROWTH_BYTES_MAX = 50_000_000
FLOOD_FRAMES = 10_000
TOO_MUCH, TOO_LARGE, PROTOCOL_ERROR, NO_TEXT = 4429, 1009, 1002, 1007
EVENTS_EACH = 3


@pytest.fixture(params=["daphne", "uvicorn"])
def room(request: pytest.FixtureRequest, open_city: Cast) -> Iterator[tuple[str, Cast]]:
    with web(request.param, SIAGA_LIMIT_ADDRESS="20/60", SIAGA_HEAD_SECONDS="3") as url:
        yield url, open_city


def _process(url: str) -> Path:
    """Where the kernel tells of it."""
    port = url.rsplit(":", 1)[1].encode()
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_bytes().split(b"\0")
            if b"serve" in words and port in words:
                return place
    raise AssertionError("no such process")


def _memory(process: Path) -> int:
    """Resident bytes. Raises OSError when it has ended."""
    return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Others:
    """A console that nobody attacks: it must get each frame."""

    def __init__(self, url: str, city: Cast) -> None:
        self.url, self.headers = url, {"Authorization": f"Bearer {city.token('sam')}"}
        self.api = httpx.AsyncClient(base_url=f"{url}/api/v1/", headers=self.headers, timeout=20)
        self.got = 0

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[Others]:
        there = f"{self.url.replace('http', 'ws')}/ws/live"
        async with websockets.connect(there, additional_headers=self.headers) as socket:
            self.socket = socket
            yield self
        await self.api.aclose()

    async def go_on(self) -> None:
        """Some incidents are opened, and each comes through."""
        for _ in range(EVENTS_EACH):
            body = {"type": "burglary", "location": {"lat": -7.25, "lon": 112.75}}
            assert (await self.api.post("incidents", json=body)).status_code == 201
            async with asyncio.timeout(20):
                while True:
                    text = await self.socket.recv()
                    if isinstance(text, str) and json.loads(text)["type"] == "frame":
                        break
            self.got += 1


async def _attacked(url: str, city: Cast, attack: object) -> None:
    """Before, while and after; the process has not grown."""
    process = _process(url)
    others = Others(url, city)
    async with others.watching():
        await others.go_on()
        before = _memory(process)
        task = asyncio.ensure_future(attack)  # type: ignore[call-overload]
        await others.go_on()
        await task
        await others.go_on()
        growth = _memory(process) - before
    assert others.got == 3 * EVENTS_EACH
    assert growth <= GROWTH_BYTES_MAX, growth


async def _console(url: str, city: Cast, who: str = "dana") -> Wire:
    wire = await open_socket(url, "/ws/live", Authorization=f"Bearer {city.token(who)}")
    assert wire.status == 101
    return wire


@pytest.mark.long
def test_it_closes_a_flood_and_nobody_else_notices(room: tuple[str, Cast]) -> None:
    url, city = room

    async def flood() -> None:
        for size in (10, 60_000):
            wire = await _console(url, city)
            said = asyncio.create_task(wire.say(*[frame(b"x" * size)] * FLOOD_FRAMES))
            assert await wire.until_closed(60) in [(TOO_MUCH, "too_many_messages"), (None, "")]
            await asyncio.wait([said], timeout=5)
            wire.cut()
            await said

    asyncio.run(_attacked(url, city, flood()))


def test_it_says_why_it_closes_a_talkative_console(open_city: Cast) -> None:
    with web("daphne") as url:

        async def talk() -> tuple[int | None, str]:
            wire = await _console(url, open_city)
            for _ in range(60):
                await wire.say(frame(b"{}"))
            return await wire.until_closed(20)

        assert asyncio.run(talk()) == (TOO_MUCH, "too_many_messages")


@pytest.mark.long
def test_it_refuses_bad_frames(room: tuple[str, Cast]) -> None:
    url, city = room
    bomb = zlib.compress(b"\0" * 50_000_000)
    cases: list[tuple[list[bytes], set[int | None]]] = [
        ([frame(b"x" * 65_537)], {TOO_LARGE}),
        ([frame(b"x" * 40_000, bits=0), frame(b"x" * 40_000, CONTINUATION)], {TOO_LARGE}),
        ([frame(b"x", length=2**62)], {TOO_LARGE, PROTOCOL_ERROR}),
        ([frame(bomb[:60_000], bits=FIN | RSV1)], {PROTOCOL_ERROR}),
        ([frame(bomb[:60_000], BINARY, bits=FIN | RSV1)], {PROTOCOL_ERROR}),
        ([frame(b"x", is_masked=False)], {PROTOCOL_ERROR}),
        ([frame(b"x", 3)], {PROTOCOL_ERROR}),
        ([frame(b"x", CONTINUATION)], {PROTOCOL_ERROR}),
        ([frame(b"\xff\xfe\xfd")], {NO_TEXT}),
        ([os.urandom(5000)], {PROTOCOL_ERROR, TOO_LARGE, NO_TEXT}),
        ([frame(b"x" * 200, 9)], {PROTOCOL_ERROR}),  # a ping may carry 125
    ]

    async def send() -> None:
        for number, (frames, codes) in enumerate(cases):
            wire = await _console(url, city)
            await wire.say(*frames)
            code, _ = await wire.until_closed(30)
            assert code in codes | {None}, (number, code)
            wire.cut()

    asyncio.run(_attacked(url, city, send()))


@pytest.mark.long
def test_it_bounds_a_message_in_endless_fragments(room: tuple[str, Cast]) -> None:
    url, city = room

    async def send() -> None:
        wire = await _console(url, city)
        await wire.say(frame(b"a", TEXT, bits=0))
        for size in (100, 0):
            if not await wire.say(*[frame(b"a" * size, CONTINUATION, bits=0)] * 20_000):
                break
        with contextlib.suppress(TimeoutError):
            await wire.until_closed(2)
        wire.cut()

    asyncio.run(_attacked(url, city, send()))


@pytest.mark.long
def test_it_drops_half_open_and_slow_handshakes(room: tuple[str, Cast]) -> None:
    url, city = room

    async def dawdle() -> None:
        lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        for number in range(300):
            reader, writer = await connect(url)
            writer.write([b"", b"GET /ws/live HT", b"GET /ws/live HTTP/1.1\r\nHost: x\r\nUpgrade: webs"][number % 3])
            lines.append((reader, writer))

        async def ended(reader: asyncio.StreamReader) -> bool:
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(40):
                    while await reader.read(1000):
                        pass
            return True

        assert all(await asyncio.gather(*(ended(reader) for reader, _ in lines)))
        for _, writer in lines:
            writer.close()

    asyncio.run(_attacked(url, city, dawdle()))


@pytest.mark.long
def test_it_slows_a_flood_of_handshakes(room: tuple[str, Cast]) -> None:
    url, city = room

    async def flood() -> None:
        async def one(number: int) -> int:
            try:
                wire = await open_socket(url, "/ws/live", Authorization=f"Bearer guess-{number}")
            except OSError:
                return 0  # the kernel's queue was full
            wire.cut()
            return wire.status

        answers = []
        for begin in range(0, 1000, 50):
            answers += await asyncio.gather(*(one(number) for number in range(begin, begin + 50)))
        assert 403 in answers and set(answers) <= {0, 403}

    asyncio.run(_attacked(url, city, flood()))


def test_it_refuses_cookies_from_foreign_origins_and_the_sixth_socket(open_city: Cast) -> None:
    client = Client()
    client.force_login(open_city.users["dana"], backend="incidents.accounts.AccountBackend")
    cookie = f"sessionid={client.cookies['sessionid'].value}"

    async def try_all(url: str) -> None:
        for path in ("/ws/live", "/ws/positions"):
            for origin in ("https://jahat.example", "null", url.replace("127.0.0.1", "localhost.jahat.example"), None):
                more = {} if origin is None else {"Origin": origin}
                assert (await open_socket(url, path, Cookie=cookie, **more)).status == 403, origin
        assert (await open_socket(url, "/ws/live", Origin=url)).status == 403
        sockets = [await open_socket(url, "/ws/live", Cookie=cookie, Origin=url) for _ in range(6)]
        assert [wire.status for wire in sockets] == [101] * 6
        assert await sockets[5].until_closed(20) == (TOO_MUCH, "too_many_sockets")
        sockets[0].cut()
        async with asyncio.timeout(20):
            while True:  # until the server has noticed
                again = await open_socket(url, "/ws/live", Cookie=cookie, Origin=url)
                try:
                    await again.until_closed(0.5)
                except TimeoutError:
                    break
        # With a token many more may be open.
        many = [await _console(url, open_city, "sam") for _ in range(20)]
        for wire in many:
            with pytest.raises(TimeoutError):
                await wire.until_closed(0.01)

    with web("daphne") as url:
        asyncio.run(try_all(url))
