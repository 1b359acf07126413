"""The newest position of each unit in Redis: 22 bytes a unit, and which units moved in each of the last seconds. Redis may
be wiped at any moment or not be there: then the table has them, and refills it. Nothing here raises for Redis."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from typing import Any

import redis
from django.db import connection

from dispatch.models import UnitPosition
from dispatch.tracks import Fix
from incidents import logs
from incidents.hints import client
from incidents.models import Center

logger = logs.get(__name__)
RECORD = struct.Struct("<IdiiBB")
"""unit id, Unix time, lat and lon in 1e-7 degrees, heading / 2, km/h; 255 unknown."""
UNKNOWN = 255
RETRY_AFTER_SECONDS = 1.0
REFILL_UNITS_AT_ONCE = 5000
LAG_SECONDS_MAX = 10
"""A reader further behind is given every unit."""

# Redis runs a script as one step: the newer point stays whatever the order in which batches come. `full` says that what was
# known before is here too; after FLUSHALL or a restart it is missing.
KEEP = """
local records, size, moved = ARGV[1], 22, {}
for i = 1, #records, size do
    local id, at = struct.unpack('<I4d', records, i)
    local known = redis.call('HGET', KEYS[1], id)
    if not known or struct.unpack('<d', known, 5) < at then
        redis.call('HSET', KEYS[1], id, string.sub(records, i, i + size - 1))
        moved[#moved + 1] = id
    end
end
if #moved > 0 then
    local second = KEYS[1] .. ':' .. redis.call('TIME')[1]
    redis.call('SADD', second, unpack(moved))
    redis.call('EXPIRE', second, 15)
end
if ARGV[2] == 'full' then redis.call('HSET', KEYS[1], 'full', '') end
redis.call('EXPIRE', KEYS[1], 86400)
return redis.call('HEXISTS', KEYS[1], 'full')
"""
MOVED = """
local now, since, records = tonumber(redis.call('TIME')[1]), tonumber(ARGV[1]), {}
local ids
if now - since > tonumber(ARGV[2]) then
    ids = redis.call('HKEYS', KEYS[1])
else
    local seconds = {}
    for second = since, now do seconds[#seconds + 1] = KEYS[1] .. ':' .. string.format('%d', second) end
    ids = redis.call('SUNION', unpack(seconds))
end
for i = 1, #ids, 5000 do
    local some = redis.call('HMGET', KEYS[1], unpack(ids, i, math.min(i + 4999, #ids)))
    for _, record in ipairs(some) do
        if record and #record == 22 then records[#records + 1] = record end
    end
end
return {redis.call('HEXISTS', KEYS[1], 'full'), now, table.concat(records)}
"""
DIGESTS = {script: sha1(script.encode(), usedforsecurity=False).hexdigest() for script in (KEEP, MOVED)}

_away_until = 0.0
_behind: set[int] = set()
"""Centers of which this process wrote something to the table and not to Redis."""


@cache
def _database() -> int:
    """What tells this database from one that was made or restored anew under the same name, with the same ids."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::bigint FROM pg_database WHERE datname = current_database()")
        oid: int = cursor.fetchone()[0]
        return oid


def key_of(center_id: int) -> str:
    """Raises DatabaseError when this process has not yet spoken to its database and cannot."""
    return f"siaga:positions:{_database()}:{center_id}"


def record_of(unit_id: int, fix: Fix) -> bytes:
    return RECORD.pack(
        unit_id,
        fix.at,
        round(fix.lat * 1e7),
        round(fix.lon * 1e7),
        UNKNOWN if fix.heading is None else int(fix.heading % 360 / 2),
        UNKNOWN if fix.speed_kmh is None else min(int(fix.speed_kmh), UNKNOWN - 1),
    )


def share(center_id: int, records: Sequence[bytes]) -> None:
    """Puts positions that the table has into Redis, the newest of each unit; one command. One record per unit."""
    reply = _run(KEEP, center_id, b"".join(records), "")
    if reply is None:
        _behind.add(center_id)
    elif not reply or center_id in _behind:
        refill(center_id)


def refill(center_id: int) -> bool:
    """Everything the table knows of a center, into Redis. False: Redis is not there."""
    _behind.discard(center_id)
    rows = UnitPosition.objects.filter(unit__center=center_id).values_list(
        "unit_id", "at", "lat", "lon", "speed_kmh", "heading"
    )
    records = [
        record_of(unit_id, Fix("", lat, lon, at.timestamp(), speed, heading))
        for unit_id, at, lat, lon, speed, heading in rows
    ]
    for start in [*range(REFILL_UNITS_AT_ONCE, len(records), REFILL_UNITS_AT_ONCE), 0]:
        some = b"".join(records[start : start + REFILL_UNITS_AT_ONCE])
        if _run(KEEP, center_id, some, "full" if start == 0 else "") is None:
            _behind.add(center_id)
            return False
    return True


def refill_all() -> None:
    """Of every center: what Redis missed."""
    for center_id in Center.objects.values_list("pk", flat=True):
        if not refill(center_id):
            return


@dataclass(frozen=True)
class Moves:
    """Records of what moved in or after `since`, and the second (of Redis' clock) to ask from next."""

    records: bytes
    next_second: int


def moves_since(center_id: int, second: int) -> Moves | None:
    """One command; units of the second asked for may come again. None: Redis is not there, or was wiped and now has been
    refilled: ask the table this once."""
    reply = _run(MOVED, center_id, second, LAG_SECONDS_MAX)
    if reply is None:
        return None
    is_full, now, records = reply
    if not is_full or center_id in _behind:
        refill(center_id)
        return None
    return Moves(records, now)


def unpack(records: bytes) -> Iterable[tuple[int, float, int, int, int, int]]:
    """(unit id, Unix time, lat and lon in 1e-7 degrees, heading / 2, km/h) of each."""
    return RECORD.iter_unpack(records)


def _run(script: str, center_id: int, *args: object) -> Any:
    """The script's answer; None when Redis cannot be asked. Nobody waits for a dead Redis more than once a second."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        try:
            return client().evalsha(DIGESTS[script], 1, key_of(center_id), *args)  # type: ignore[arg-type]
        except redis.exceptions.NoScriptError:
            return client().eval(script, 1, key_of(center_id), *args)  # type: ignore[arg-type]
    except (redis.RedisError, OSError) as error:
        _away_until = time.monotonic() + RETRY_AFTER_SECONDS
        logger.warning("positions go on from the table, Redis is not there", error=type(error).__name__)
        return None
