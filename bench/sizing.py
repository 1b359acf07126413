"""docs/sizing.md: what a city, Jakarta and the nation need, reckoned from bench/results/costs.json. Measures nothing; a cost
that was not measured here yet is called assumed.

    python -m bench.sizing
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.report import RESULTS, ROOT, number

PAGE = ROOT / "docs" / "sizing.md"
SECONDS_A_DAY, DAYS_A_YEAR = 86_400, 365


@dataclass(frozen=True)
class Cost:
    """What something costs, by a row of bench/results/costs.json; `assumed` until that is there."""

    words: str
    unit: str
    row: str
    side: str
    assumed: float


COSTS = {
    "entries": Cost("timeline entries of a case", "", "timeline entries per case", "siaga", 15),
    "web": Cost("web CPU of a case", "ms", "CPU per case, web", "siaga", 27),
    "worker": Cost("worker CPU of a case", "ms", "CPU per case, workers", "siaga", 33),
    "database": Cost("PostgreSQL CPU of a case", "ms", "CPU per case, PostgreSQL", "siaga", 34),
    "disk": Cost("disk of a case", "B", "bytes on disk per case", "siaga", 9_000),
    "log": Cost("log (WAL) of a case", "B", "bytes of log (WAL) per case", "siaga", 28_700),
    "few": Cost("web CPU of an event to 10 consoles", "µs", "web CPU per event, 10 consoles", "siaga, daphne", 2_300),
    "many": Cost(
        "web CPU of an event to 250 consoles", "µs", "web CPU per event, 250 consoles", "siaga, daphne", 5_800
    ),
    "frame": Cost("frame of an event", "B", "bytes per frame", "siaga, daphne", 830),
    "memory": Cost("memory of a web process", "MiB", "memory of a web process, 260 consoles", "siaga, daphne", 180),
    "ping": Cost("web CPU of a position", "µs", "web CPU per position, in batches", "siaga", 29),
    "ping_database": Cost("PostgreSQL CPU of a position", "µs", "PostgreSQL CPU per position", "siaga", 25),
    "ping_disk": Cost("disk of a position", "B", "bytes on disk per position", "siaga", 110),
}


@dataclass(frozen=True)
class Assumption:
    words: str
    value: float
    why: str


ASSUMED = {
    "calls": Assumption("calls a day for 1,000 people", 3.8, "Istanbul answers 60,000 a day for 15.7 million"),
    "real": Assumption("share of calls that are a case", 0.38, "Turkey closes 62 % at triage"),
    "junk_entries": Assumption("timeline entries of any other call", 4, "it rings, is answered, ends, has an outcome"),
    "people_a_console": Assumption("people for one console", 63_000, "250 consoles for 15.7 million"),
    "consoles_least": Assumption("consoles of a center, at least", 10, "two desks for each of five agencies"),
    "people_a_unit": Assumption("people for one tracked unit", 3_100, "5,000 units for 15.7 million"),
    "ping_seconds": Assumption("seconds between two positions of a unit", 5, "the trackers' habit"),
    "ping_days": Assumption("days that positions are kept", 90, "`SIAGA_POSITION_DAYS`"),
    "full": Assumption("how full a core may be at the worst hour", 0.5, "the other half is for what nobody foresaw"),
}


@dataclass(frozen=True)
class Place:
    name: str
    people: float
    centers: int
    clusters: int
    surge: float
    """The worst ten minutes, times the mean."""
    source: str


SURGE = "New York's design peak is 20 × Istanbul's mean"
PLACES = (
    Place("Surabaya", 3.0e6, 1, 1, 20, f"population BPS 2023, rounded; one room; {SURGE}"),
    Place("Jakarta", 10.7e6, 1, 1, 20, f"population BPS 2023, rounded; one room for the province; {SURGE}"),
    Place(
        "Indonesia",
        280e6,
        514,
        38,
        14,
        "population BPS 2023, rounded; a room in each of 514 regencies and cities, a cluster in each of 38 provinces; not "
        "every city has its worst night at once",
    ),
)
TOGETHER = (1, 14, 50, 100, 257, 514)
"""Centers in one cluster, for the question how many fit."""


TOGETHER_TOLD = (
    "web processes",
    "workers",
    "PostgreSQL cores",
    "timeline rows, a year",
    "disk for cases and calls, a year",
    "disk for positions",
    "link of nginx, worst",
)


@dataclass(frozen=True)
class Line:
    """One step of the reckoning."""

    words: str
    sum: str
    value: float
    unit: str


def measured(path: Path) -> dict[tuple[str, str], float]:
    """Medians by (row, side); empty before the first run."""
    if not path.is_file():
        return {}
    kept = json.loads(path.read_text())
    return {(row["what"], row["side"]): statistics.median(row["values"]) for row in kept["rows"]}


def costs(known: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Each cost as measured, else as assumed."""
    return {key: known.get((cost.row, cost.side), cost.assumed) for key, cost in COSTS.items()}


def reckon(place: Place, cost: Mapping[str, float]) -> list[Line]:
    """Step by step for one cluster of the place. The worst ten minutes, but for days and years."""
    given = {key: assumption.value for key, assumption in ASSUMED.items()}
    lines: list[Line] = []

    def step(words: str, value: float, unit: str, how: str) -> float:
        lines.append(Line(words, how, value, unit))
        return value

    def n(value: float) -> str:
        return f"{value:,.0f}" if abs(value) >= 1000 else number(value)

    people, centers = place.people / place.clusters, place.centers / place.clusters
    calls = step("calls a day", people * given["calls"] / 1000, "", f"{n(people)} people × {given['calls']} ÷ 1,000")
    surge = step(
        "calls a second, worst", calls / SECONDS_A_DAY * place.surge, "/s", f"{n(calls)} ÷ 86,400 s × {n(place.surge)}"
    )
    cases = step("cases a second", surge * given["real"], "/s", f"{n(surge)} × {given['real']}")
    events = step(
        "events a second",
        cases * cost["entries"] + (surge - cases) * given["junk_entries"],
        "/s",
        f"{n(cases)} × {n(cost['entries'])} + {n(surge - cases)} × {n(given['junk_entries'])}",
    )
    consoles = step(
        "consoles of a center",
        max(given["consoles_least"], math.ceil(people / centers / given["people_a_console"])),
        "",
        f"{n(people / centers)} people ÷ {n(given['people_a_console'])}, at least {n(given['consoles_least'])}",
    )
    units = step("units tracked", people / given["people_a_unit"], "", f"{n(people)} ÷ {n(given['people_a_unit'])}")
    pings = step(
        "positions a second", units / given["ping_seconds"], "/s", f"{n(units)} ÷ {n(given['ping_seconds'])} s"
    )
    deliveries = step("deliveries a second", events * consoles, "/s", f"{n(events)} × {n(consoles)}")

    # An event costs a web process something (it reads and frames it once), and something for each of its consoles.
    each = (cost["many"] - cost["few"]) / (250 - 10)
    once = max(0.0, cost["few"] - 10 * each)
    open_consoles = consoles * centers
    # A positions frame a second goes to each console.
    other = cases * cost["web"] / 1000 + pings * cost["ping"] / 1e6 + open_consoles * each / 1e6
    webs, web_cores = 2, 0.0
    for _ in range(100):
        web_cores = other + events * (min(webs, consoles) * once + consoles * each) / 1e6
        if web_cores <= webs * given["full"]:
            break
        webs += 1
    step(
        "web cores",
        web_cores,
        "",
        f"{n(cases)} × {n(cost['web'])} ms + {n(pings)} × {n(cost['ping'])} µs + {n(open_consoles)} × {n(each)} µs + {n(events)} × "
        f"({n(min(webs, consoles))} processes × {n(once)} µs + {n(consoles)} consoles × {n(each)} µs)",
    )
    step("**web processes**", webs, "", f"{n(web_cores)} ÷ {given['full']}, at least 2: one may die")
    worker_cores = cases * cost["worker"] / 1000
    step(
        "**workers**",
        max(2, math.ceil(worker_cores / given["full"])),
        "",
        f"{n(cases)} × {n(cost['worker'])} ms ÷ {given['full']}, at least 2",
    )
    junk = 1 + (1 - given["real"]) / given["real"] * given["junk_entries"] / cost["entries"]
    database = cases * cost["database"] / 1000 * junk + pings * cost["ping_database"] / 1e6
    step(
        "**PostgreSQL cores**",
        max(2, math.ceil(database / given["full"])),
        "",
        f"({n(cases)} × {n(cost['database'])} ms × {n(junk)} for the other calls + {n(pings)} × "
        f"{n(cost['ping_database'])} µs) ÷ {given['full']}, at least 2",
    )
    step(
        "**memory of the web hosts**",
        webs * cost["memory"] / 1024,
        "GiB",
        f"{n(webs)} × {n(cost['memory'])} MiB",
    )
    year = calls * given["real"] * DAYS_A_YEAR
    others = calls * (1 - given["real"]) * DAYS_A_YEAR
    step(
        "**timeline rows, a year**",
        (year * cost["entries"] + others * given["junk_entries"]) / 1e6,
        "million",
        f"{n(year)} cases × {n(cost['entries'])} + {n(others)} other calls × {n(given['junk_entries'])}",
    )
    step(
        "**position rows kept**",
        pings * SECONDS_A_DAY * given["ping_days"] / 1e6,
        "million",
        f"{n(pings)} × 86,400 s × {n(given['ping_days'])} days",
    )
    step(
        "**disk for cases and calls, a year**",
        year * cost["disk"] * junk / 1e9,
        "GB",
        f"{n(year)} cases × {n(cost['disk'])} B × {n(junk)}",
    )
    step(
        "**disk for positions**",
        pings * SECONDS_A_DAY * given["ping_days"] * cost["ping_disk"] / 1e9,
        "GB",
        f"{n(pings)} × 86,400 s × {n(given['ping_days'])} days × {n(cost['ping_disk'])} B",
    )
    step(
        "**log to a replica or an archive, worst**",
        cases * cost["log"] * junk * 8 / 1e6,
        "Mbit/s",
        f"{n(cases)} × {n(cost['log'])} B × {n(junk)} × 8; positions beside it by their batches",
    )
    moved = pings / centers
    link = events / centers * cost["frame"] + 16 * (1 + moved)
    step(
        "link of one console, worst",
        link * 8 / 1e3,
        "kbit/s",
        f"({n(events / centers)} events × {n(cost['frame'])} B + 16 B × (1 + {n(moved)} units that moved)) × 8",
    )
    step(
        "**link of nginx, worst**",
        link * 8 * consoles * centers / 1e6,
        "Mbit/s",
        f"{n(link * 8 / 1e3)} kbit/s × {n(consoles)} × {n(centers)} centers",
    )
    assert deliveries >= 0
    return lines


def page(known: Mapping[tuple[str, str], float]) -> str:
    """The Markdown of docs/sizing.md."""
    cost = costs(known)
    lines = [
        "# How large a deployment must be",
        "",
        "Made by `python -m bench.sizing` (and by `script/bench`) from what `script/bench costs` measured; nothing here is written by "
        "hand. A core is one of the machine that measured (docs/performance.md describes it). Change an assumption in "
        "`bench/sizing.py`, or measure on your own machine, and make the page anew.",
        "",
        "## What things cost",
        "",
        "| | value | source |",
        "| --- | ---: | --- |",
    ]
    for key, one in COSTS.items():
        is_measured = (one.row, one.side) in known
        source = f"measured: `costs.json`, “{one.row}”, {one.side}" if is_measured else "assumed: not measured here yet"
        lines.append(f"| {one.words} | {number(cost[key])} {one.unit} | {source} |")
    lines += ["", "## What is assumed", "", "| | value | why |", "| --- | ---: | --- |"]
    lines += [f"| {one.words} | {one.value:,g} | {one.why} |" for one in ASSUMED.values()]
    reckoned = {place.name: reckon(place, cost) for place in PLACES}
    lines += ["", "## In one table", "", "| | " + " | ".join(_title(place) for place in PLACES) + " |"]
    lines.append("| --- |" + " ---: |" * len(PLACES))
    for index, first in enumerate(reckoned[PLACES[0].name]):
        cells = [f"{_shown(reckoned[place.name][index])}" for place in PLACES]
        lines.append(f"| {first.words} | " + " | ".join(cells) + " |")
    lines += ["", "All clusters together:", "", "| | " + " | ".join(place.name for place in PLACES) + " |"]
    lines.append("| --- |" + " ---: |" * len(PLACES))
    for words in TOGETHER_TOLD:
        cells = [_total(place, reckoned[place.name], words) for place in PLACES]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Two sweepers and one Redis of a core are enough for any of these: an event is one `PUBLISH`, a case two jobs.",
    ]
    for place in PLACES:
        centers = f"{place.centers} centers" if place.centers > 1 else "one center"
        lines += ["", f"## {_title(place)}", ""]
        lines.append(f"{place.people:,.0f} people, {centers}, surge {place.surge:g} × the mean ({place.source}).")
        if place.clusters > 1:
            lines += [
                "",
                "Every web process that has consoles of a center reads that center's events once, so a cluster's cost grows with centers × "
                "processes: small clusters are no dearer than one large one, and a province that loses its link goes on alone. "
                "What follows is one cluster, the mean of all.",
            ]
        lines += ["", "| | value | arithmetic |", "| --- | ---: | --- |"]
        lines += [f"| {line.words} | {_shown(line)} | {line.sum} |" for line in reckoned[place.name]]
    return "\n".join(lines + _together(cost)) + "\n"


def _together(cost: Mapping[str, float]) -> list[str]:
    """How a cluster grows with its centers, each of the nation's mean size."""
    nation = PLACES[-1]
    people = nation.people / nation.centers
    lines = [
        "",
        "## How many centers fit into one cluster",
        "",
        f"Centers of {people:,.0f} people each, all in their worst ten minutes ({nation.surge:g} × the mean) at once.",
        "",
        "| centers | consoles | events a second | web processes | workers | PostgreSQL cores | link of nginx |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for count in TOGETHER:
        some = Place("", people * count, count, 1, nation.surge, "")
        at = {line.words.strip("*"): line for line in reckon(some, cost)}
        names = ("events a second", "web processes", "workers", "PostgreSQL cores", "link of nginx, worst")
        cells = [number(at["consoles of a center"].value * count), *(_shown(at[name]) for name in names)]
        lines.append(f"| {count} | " + " | ".join(cells) + " |")
    return [
        *lines,
        "",
        "A web process more costs each event one more reading, so put a center's consoles on few processes when a cluster has "
        "many: one nginx, or one address, for a group of centers.",
    ]


def _title(place: Place) -> str:
    return place.name if place.clusters == 1 else f"{place.name}, one of {place.clusters} clusters"


def _shown(line: Line) -> str:
    return f"{number(line.value)} {line.unit}".strip()


def _total(place: Place, lines: list[Line], words: str) -> str:
    line = next(line for line in lines if line.words.strip("*") == words)
    return f"{number(line.value * place.clusters)} {line.unit}".strip()


def write_page() -> None:
    PAGE.write_text(page(measured(RESULTS / "costs.json")))


if __name__ == "__main__":
    write_page()
