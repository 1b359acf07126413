"""Python's garbage collector in long-lived processes: what start-up has made stays for good and is not looked at again. Without
this, every few seconds a full collection over some hundred thousand objects held all sockets and requests for a tenth of a second."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 50
"""Collections are rarer: most of what a request makes is freed by its reference count."""


def keep_what_is_loaded() -> None:
    """Once, when everything has been imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
