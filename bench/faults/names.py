"""The faults by name, and the parts of the long form. Only words: what each does is in nemesis.py."""

WORDS = {
    "kill-web": "`kill -9` of a web process",
    "hang-web": "`kill -STOP` of a web process",
    "kill-worker": "`kill -9` of a worker, in the middle of a job when one can be caught",
    "hang-worker": "`kill -STOP` of a worker",
    "kill-sweeper": "`kill -9` of the sweeper",
    "hang-sweeper": "`kill -STOP` of the sweeper",
    "kill-redis": "`kill -9` of Redis",
    "hang-redis": "`kill -STOP` of Redis",
    "wipe-redis": "FLUSHALL",
    "full-redis": "Redis full (maxmemory, noeviction)",
    "restart-postgres": "PostgreSQL stopped at once (immediate) and started",
    "cut-postgres": "partition between a web process and PostgreSQL",
    "cut-redis": "partition between a web process and Redis",
    "cut-clients": "partition between a web process and its clients",
    "slow-postgres": "slow link between a web process and PostgreSQL",
    "slow-redis": "slow link between a web process and Redis",
    "full-disk": "disk full under PostgreSQL",
    "surge": "three times the reports",
}
GROUPS = {
    "processes": ("kill-web", "hang-web", "kill-worker", "hang-worker", "kill-sweeper", "hang-sweeper"),
    "redis": ("kill-redis", "hang-redis", "wipe-redis", "full-redis"),
    "postgres": ("restart-postgres", "full-disk", "surge"),
    "links": ("cut-postgres", "cut-redis", "cut-clients", "slow-postgres", "slow-redis"),
}
"""The parts of the long form; together they are all faults."""
