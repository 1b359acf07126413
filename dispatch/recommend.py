"""Who should go: fills a response plan with the nearest units that fit, and says why in both languages.
Pure: takes data, returns data; no ORM, no clock, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dispatch.travel import LonLat, Origin, TravelTimes

POSITION_OLD_SECONDS = 300
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True)
class Candidate:
    """A unit that could be sent."""

    unit_id: int
    call_sign: str
    agency: str
    discipline: str
    unit_type: str
    status: str
    capabilities: frozenset[str]
    origin: Origin
    position_age_seconds: float | None = None
    """None: it has no position and is taken to stand at its station."""


@dataclass(frozen=True)
class Need:
    """A line of the response plan: `count` units with `capability` from `agency`."""

    agency: str
    capability: str
    count: int
    name_id: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Pick:
    """A unit with its way; `need` is the line of the plan it serves, None when it serves none."""

    candidate: Candidate
    travel_seconds: int
    distance_m: int
    need: Need | None

    @property
    def fits(self) -> bool:
        return self.need is not None

    @property
    def reason(self) -> dict[str, str]:
        """Why, in both languages; made when it is asked for, since most of the ranked are never shown."""
        return _reason(self.candidate, self.travel_seconds, self.distance_m, self.need)


@dataclass
class Choice:
    """What a plan got: picks in the order of its lines, and what is missing."""

    picks: list[Pick] = field(default_factory=list)
    shortfall: list[Need] = field(default_factory=list)

    def of(self, agency: str) -> list[Pick]:
        return [pick for pick in self.picks if pick.candidate.agency == agency]

    def missing_of(self, agency: str) -> list[Need]:
        return [need for need in self.shortfall if need.agency == agency]


def clock(seconds: float) -> str:
    """`m:ss`."""
    whole = round(seconds)
    return f"{whole // SECONDS_PER_MINUTE}:{whole % SECONDS_PER_MINUTE:02d}"


def rank(
    candidates: Iterable[Candidate], destination: LonLat, times: TravelTimes, needs: Sequence[Need] = ()
) -> list[Pick]:
    """All candidates, those that fit a need first, then by travel time; equal times by call sign."""
    pool = list(candidates)
    wanted = {(need.agency, need.capability): need for need in needs}
    picks = []
    for candidate, travel in zip(
        pool, times.travel([candidate.origin for candidate in pool], destination), strict=True
    ):
        need = next(
            (wanted[key] for key in wanted if key[0] == candidate.agency and key[1] in candidate.capabilities), None
        )
        picks.append(Pick(candidate, round(travel.seconds), round(travel.metres), need))
    picks.sort(key=lambda pick: (not pick.fits, pick.travel_seconds, pick.candidate.call_sign))
    return picks


def choose(needs: Sequence[Need], candidates: Iterable[Candidate], destination: LonLat, times: TravelTimes) -> Choice:
    """Fills each line with the nearest units of its agency that have its capability; a unit serves one line only.
    Lines that fewer units can fill choose first, so that a rare capability is not spent on a common need."""
    ranked = rank(candidates, destination, times, needs)
    able = {
        index: [
            pick
            for pick in ranked
            if pick.candidate.agency == need.agency and need.capability in pick.candidate.capabilities
        ]
        for index, need in enumerate(needs)
    }
    taken: dict[int, int] = {}
    for index in sorted(able, key=lambda index: (len(able[index]), index)):
        free = [pick for pick in able[index] if pick.candidate.unit_id not in taken]
        for pick in free[: needs[index].count]:
            taken[pick.candidate.unit_id] = index
    choice = Choice()
    for index, need in enumerate(needs):
        mine = [pick for pick in able[index] if taken.get(pick.candidate.unit_id) == index]
        choice.picks += [Pick(pick.candidate, pick.travel_seconds, pick.distance_m, need) for pick in mine]
        if len(mine) < need.count:
            choice.shortfall.append(
                Need(need.agency, need.capability, need.count - len(mine), need.name_id, need.name_en)
            )
    return choice


def _reason(candidate: Candidate, seconds: int, metres: int, need: Need | None) -> dict[str, str]:
    minutes, km = clock(seconds), f"{metres / 1000:.1f}"
    words_id = [f"{minutes} menit", f"{km.replace('.', ',')} km"]
    words_en = [f"{minutes} min", f"{km} km"]
    if need is not None:
        words_id.insert(0, need.name_id or need.capability)
        words_en.insert(0, need.name_en or need.capability)
    else:
        words_id.append("di luar kartu respons")
        words_en.append("not on the response plan")
    age = candidate.position_age_seconds
    if age is None:
        words_id.append("dihitung dari pos")
        words_en.append("counted from its station")
    elif age > POSITION_OLD_SECONDS:
        words_id.append(f"posisi {round(age / SECONDS_PER_MINUTE)} menit lalu")
        words_en.append(f"position {round(age / SECONDS_PER_MINUTE)} min old")
    return {"id": " · ".join(words_id), "en": " · ".join(words_en)}
