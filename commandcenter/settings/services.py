"""PostgreSQL, its replica, Redis and Celery: where they are and how long one waits for them."""

from __future__ import annotations

from typing import Any

from commandcenter.settings.place import env

POOL_CONNECTIONS_MAX = env.int("SIAGA_DB_POOL", default=16)
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgis:///siaga", engine="commandcenter.postgis")}
# Through PgBouncer in transaction mode nothing may belong to a session: no startup options (deploy/pgbouncer.ini asks for
# the same time-outs), no prepared statements, no cursors that outlive a transaction.
PGBOUNCER = env.bool("SIAGA_PGBOUNCER", default=False)
# Several hosts (`host1:5432,host2:5432`): a primary and its standby; whichever takes writes is used, so that a promotion is
# followed by itself. What the address says behind `?` goes to libpq.
_ASKED: dict[str, Any] = DATABASES["default"].get("OPTIONS", {})
_IS_ONE_OF_SEVERAL = "," in f"{DATABASES['default']['HOST']}{_ASKED.get('host', '')}"
_CONNECT: dict[str, Any] = {
    # A pool that waits longer and longer between its tries would find a database that is back only a minute later.
    "pool": {"min_size": 1, "max_size": POOL_CONNECTIONS_MAX, "timeout": 5, "reconnect_timeout": 5},
    "connect_timeout": 2 if _IS_ONE_OF_SEVERAL else 5,
    # A database whose machine or network is gone is given up, not waited for.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10000,  # milliseconds
    **({"target_session_attrs": "read-write"} if _IS_ONE_OF_SEVERAL else {}),
    **_ASKED,
}
if PGBOUNCER:
    _CONNECT["prepare_threshold"] = None
else:
    # A process that hangs or is cut off in the middle of a change holds its rows, and at the end of it the feed of the whole
    # room, so long; a healthy one says its next word within milliseconds. Nobody waits for a row for ever either.
    _CONNECT["options"] = "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=10000"
DATABASES["default"].update(
    CONN_MAX_AGE=0,
    CONN_HEALTH_CHECKS=True,
    DISABLE_SERVER_SIDE_CURSORS=PGBOUNCER,
    OPTIONS=_CONNECT,
)
# What may be a little old is read there while it keeps up (incidents/replica.py).
REPLICA_URL = env.str("SIAGA_REPLICA_URL", default="")
REPLICA_LAG_SECONDS = env.float("SIAGA_REPLICA_LAG_SECONDS", default=5.0)
if REPLICA_URL:
    DATABASES["replica"] = env.db_url("SIAGA_REPLICA_URL", engine="commandcenter.postgis") | {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": PGBOUNCER,
        "OPTIONS": {
            "pool": {"min_size": 0, "max_size": POOL_CONNECTIONS_MAX, "timeout": 2},
            "connect_timeout": 2,
            "tcp_user_timeout": 5000,  # milliseconds: a replica whose network is gone is given up, not waited for
        },
        "TEST": {"MIRROR": "default"},
    }

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_TIMEOUT_SECONDS = 0.5

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A Redis that is full refuses what a worker writes there when it has done a job: then it looks for Redis again until there is
# room, instead of ending.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "retry_on_timeout": True,
    "health_check_interval": 5,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_DEFAULT_QUEUE = "dispatch"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # our lines are JSON already; as a message of Celery they would be withheld
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
