"""Whether the disk is nearly full. Calls go on then; what is of little value is refused by whoever writes it: past positions,
archives. Only looking."""

from __future__ import annotations

import shutil
import time

from django.conf import settings

LOOK_SECONDS = 5.0
MEBIBYTE = 1 << 20

_looked_at = float("-inf")
_is_low = False


def is_disk_low() -> bool:
    """Whether the disk of SIAGA_VAR has less than SIAGA_DISK_FREE_MB left, as of a few seconds ago. On one machine it is the
    database's disk too."""
    global _looked_at, _is_low
    now = time.monotonic()
    if now - _looked_at >= LOOK_SECONDS:
        _looked_at = now
        try:
            _is_low = shutil.disk_usage(settings.SIAGA_VAR).free < settings.DISK_FREE_MB * MEBIBYTE
        except OSError:  # a folder that was never made fills no disk
            _is_low = False
    return _is_low
