"""Whatever is sent, the API answers in its own form and never with a 500. Cases are made from the OpenAPI document."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commandcenter.api.root import api
from tests.cast import Cast

CASES_PER_ROLE = 80
ROLES = ["dana", "sam", "crew", "hotline", "tracker"]


def _operations() -> Any:
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
    schema.app = get_wsgi_application()
    # /track is answered before Django: only a real server has it.
    return [one for one in (result.ok() for result in schema.get_all_operations()) if one.path != "/track"]


@pytest.mark.parametrize("who", ROLES)
def test_it_never_fails_on_made_up_requests(open_city: Cast, who: str) -> None:
    city, operations = open_city, _operations()
    assert len(operations) > 30
    headers = {"Authorization": f"Bearer {city.token(who)}"}
    city.ring()
    city.open()
    city.work()
    seen = set()

    @settings(
        max_examples=CASES_PER_ROLE,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def fuzz(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations))
        case = data.draw(operation.as_strategy())
        answer = case.call(headers=headers)
        seen.add(answer.status_code)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text[:500])
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}, (case.as_curl_command(), answer.text[:500])

    fuzz()
    assert seen & {401, 403, 404, 422}
