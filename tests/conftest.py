"""Fixtures for all tests. Real PostgreSQL and Redis; the timeline's own triggers stay on but for emptying the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pytest
from django.db import connection, connections
from django.test import TransactionTestCase

from dispatch.actions.position_days import HISTORY
from tests.cast import Cast, make_city

_empty_tables = TransactionTestCase._fixture_teardown


def _allowed_to_empty(self: Any) -> None:
    """The application may not truncate a timeline; emptying the test database between tests is not the application."""
    with pgtrigger.ignore(*(f"incidents.{name}:never_truncated" for name in ("TimelineEntry", "Access", "Checkpoint"))):
        _empty_tables(self)
    with connection.cursor() as cursor:  # no model has these, so Django does not empty them
        cursor.execute(f"DELETE FROM {HISTORY}")


TransactionTestCase._fixture_teardown = _allowed_to_empty  # type: ignore[method-assign]


@pytest.fixture
def city(db: None) -> Cast:
    """A small city, undone by rolling back."""
    return make_city()


@pytest.fixture
def open_city(transactional_db: None) -> Iterator[Cast]:
    """A small city whose rows other threads, processes and sockets can see."""
    yield make_city()
    connections.close_all()
