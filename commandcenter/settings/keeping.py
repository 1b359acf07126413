"""What is kept, for how long, and when somebody is told: tracks, personal data, checkpoints, backups, parts that fail."""

from __future__ import annotations

from pathlib import Path

from commandcenter.settings.place import SIAGA_VAR, env

# Trackers: how far outside the zones a unit may be, how many times faster than its kind can be (a simulation may be), and
# for how many days past positions are kept.
POSITION_REGION_KM = env.float("SIAGA_POSITION_REGION_KM", default=50.0)
POSITION_SPEEDUP = env.float("SIAGA_POSITION_SPEEDUP", default=1.0)
POSITION_DAYS = env.int("SIAGA_POSITION_DAYS", default=90)

# How long is kept what no longer serves: done jobs, answers to repeated requests, tokens after their end.
JOB_DAYS = env.int("SIAGA_JOB_DAYS", default=30)
IDEMPOTENCY_HOURS = env.int("SIAGA_IDEMPOTENCY_HOURS", default=48)
OLD_TOKEN_DAYS = env.int("SIAGA_OLD_TOKEN_DAYS", default=90)

# Personal data (docs/privacy.md). Hours after its end for which the room sees it unmasked; days after which it is blanked,
# the log of access dropped (0: never); minutes for which broken glass stays open.
PERSONAL_HOURS = env.float("SIAGA_PERSONAL_HOURS", default=12.0)
NUMBER_DAYS = env.int("SIAGA_NUMBER_DAYS", default=365)
MEDICAL_DAYS = env.int("SIAGA_MEDICAL_DAYS", default=365)
NARRATIVE_DAYS = env.int("SIAGA_NARRATIVE_DAYS", default=1825)
ACCESS_LOG_DAYS = env.int("SIAGA_ACCESS_LOG_DAYS", default=1825)
BREAK_GLASS_MINUTES = env.int("SIAGA_BREAK_GLASS_MINUTES", default=30)
ARCHIVE_FOLDER = env.str("SIAGA_ARCHIVE", default="")
# Signed checkpoints of the timeline: the key outside the database, the signed lines on another medium.
CHECKPOINT_KEY = Path(env.str("SIAGA_CHECKPOINT_KEY", default=str(SIAGA_VAR / "checkpoint.key")))
CHECKPOINT_FOLDER = Path(env.str("SIAGA_CHECKPOINTS", default=str(SIAGA_VAR / "checkpoints")))
CHECKPOINT_MINUTES = env.int("SIAGA_CHECKPOINT_MINUTES", default=60)
# Parts that fail: after how long the supervisor is alarmed (0: never), how often the board is written to disk for when the
# database is away (0: never), and below how much free disk writes of little value are refused.
ALARM_AFTER_SECONDS = env.float("SIAGA_ALARM_AFTER_SECONDS", default=1.0)
SAVE_BOARD_SECONDS = env.float("SIAGA_SAVE_BOARD_SECONDS", default=15.0)
# When the administrator is warned that the last good backup, and the last drill that restored one, are too old.
BACKUP_HOURS = env.float("SIAGA_BACKUP_HOURS", default=26.0)
DRILL_DAYS = env.float("SIAGA_DRILL_DAYS", default=8.0)
DISK_FREE_MB = env.int("SIAGA_DISK_FREE_MB", default=1024)
