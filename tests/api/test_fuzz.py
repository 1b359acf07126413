"""Whatever is sent, by whomever, the API answers in its own form, as its document says, never with a 500 and never with a row
of another center. Cases are made from the OpenAPI document."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from bench.reliability import Figure, keep
from tests.api.hostile import NOBODY, ROLES, furnish, operations, try_role
from tests.cast import Cast

CASES_PER_ROLE = 50
CASES_LONG = int(os.environ.get("SIAGA_FUZZ_CASES", "2100"))
"""Over all roles; the whole form is SIAGA_FUZZ_CASES=10500, some ten minutes on a machine of its own."""


@pytest.mark.parametrize("who", ROLES)
def test_it_never_fails_on_made_up_requests(open_city: Cast, who: str) -> None:
    tally = try_role(open_city, who, furnish(open_city), CASES_PER_ROLE)
    assert tally.cases >= CASES_PER_ROLE
    assert tally.statuses.keys() & {401, 403, 404, 422}
    assert who == NOBODY or tally.conforming


@pytest.mark.long
def test_it_never_fails_on_thousands_of_made_up_requests(open_city: Cast) -> None:
    named, all_statuses, cases, conforming = furnish(open_city), Counter[int](), 0, 0
    reached: set[str] = set()
    for who in ROLES:
        tally = try_role(open_city, who, named, CASES_LONG // len(ROLES), is_random=True)
        cases, conforming = cases + tally.cases, conforming + tally.conforming
        all_statuses += tally.statuses
        reached |= tally.operations
    assert cases >= CASES_LONG - len(ROLES)
    assert reached == {operation.label for operation in operations()}
    assert conforming > cases / 20
    if os.environ.get("SIAGA_KEEP_RESULTS"):
        worst = max(all_statuses)
        words = (
            f"{cases:,} made-up requests over {len(ROLES) - 1} roles and nobody, {len(reached)} operations: none answered with"
            f" 500 or more (worst: {worst}), {conforming:,} answers as the schema says, no row of another center"
        )
        how = "SIAGA_KEEP_RESULTS=1 SIAGA_FUZZ_CASES=10500 script/test -m long tests/api/test_fuzz.py"
        keep("fuzz", [Figure("G11", words, tries=cases, how=how, is_met=True)])
