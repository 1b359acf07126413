"""A change that was cut off so long that PostgreSQL ended it is a 503 to try again, never a 500, and leaves nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection

from incidents.actions import incidents
from incidents.models import Incident
from tests.cast import MIDDLE, Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_asks_to_try_again_and_the_same_key_then_works(open_city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = incidents._zone

    def cut_off(center: Any, point: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        time.sleep(0.5)
        return zone(center, point)

    body = {"type": "burglary", "location": MIDDLE}
    with monkeypatch.context() as cut:
        cut.setattr(incidents, "_zone", cut_off)
        status, answer = open_city.call("POST", "incidents", body, key="k1")
    assert (status, answer["error"]["code"]) == (503, "unavailable")
    connection.close()
    assert not Incident.objects.exists()
    assert open_city.call("POST", "incidents", body, key="k1")[0] == 201
