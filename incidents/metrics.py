"""What is counted and timed, for Prometheus: every metric of Siaga that is told as it happens, defined once.
No label holds what a person typed, and nothing here asks the database; how they leave the process is `commandcenter/metrics`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

# The answer clock's own marks are 10 s (what Siaga promises) and 15 s (NENA: 90 % of calls, busy hour).
ANSWER_BUCKETS = (1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300)
CASE_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 90, 120, 180, 300, 600, 1200)
WORK_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

ANSWER_SECONDS = Histogram("siaga_answer_seconds", "Ring to answer.", ["center"], buckets=ANSWER_BUCKETS)
ROUTED_SECONDS = Histogram("siaga_call_to_routed_seconds", "Ring to routed.", ["center"], buckets=CASE_BUCKETS)
DISPATCHED_SECONDS = Histogram(
    "siaga_routed_to_dispatched_seconds", "Referral to its first unit sent.", ["center"], buckets=CASE_BUCKETS
)
FEED_LAG_SECONDS = Histogram(
    "siaga_feed_lag_seconds", "Timeline entry written to its frame given to the sockets.", buckets=WORK_BUCKETS
)
REQUEST_SECONDS = Histogram(
    "siaga_request_seconds", "HTTP requests by operation.", ["operation", "status"], buckets=WORK_BUCKETS
)
JOB_SECONDS = Histogram("siaga_job_seconds", "Owed work, one attempt.", ["kind", "result"], buckets=WORK_BUCKETS)
SWEEP_SECONDS = Histogram("siaga_sweep_seconds", "One round of the sweeper.", buckets=WORK_BUCKETS)
REFUSALS = Counter("siaga_refusals", "Requests refused, by the code of the error.", ["code"])
SOCKETS = Gauge("siaga_sockets", "Open websockets.", ["kind"])
FRAMES = Counter("siaga_frames", "Messages given to sockets.", ["kind"])
FRAME_BYTES = Counter("siaga_frame_bytes", "Bytes given to sockets.", ["kind"])
RESYNCS = Counter("siaga_resyncs", "Consoles told to load the board anew.", ["reason"])
POSITIONS = Counter("siaga_positions", "Points from trackers, by what came of them.", ["result"])
HINTS_LOST = Counter("siaga_hints_lost", "Hints that Redis did not take: work goes on a second later.")
ENTRIES = Counter("siaga_timeline_entries", "What happened, by kind.", ["kind"])

for _kind in ("live", "positions"):
    SOCKETS.labels(_kind)
for _kind in ("frame", "positions", "beat"):
    FRAMES.labels(_kind), FRAME_BYTES.labels(_kind)


def observe_since(clock: Histogram, center: str, since: datetime) -> None:
    """Once the transaction is committed, the seconds from `since` to now; a clock ahead of ours counts as none."""
    seconds = max(0.0, (timezone.now() - since).total_seconds())
    transaction.on_commit(lambda: clock.labels(center).observe(seconds))
