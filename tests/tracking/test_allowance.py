"""How fast one socket may speak."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commandcenter.tracking.allowance import A_SECOND, AT_ONCE, REFUSED_MAX, Allowance


def test_it_lets_a_socket_catch_up_and_then_go_on_at_its_pace() -> None:
    allowance = Allowance(0)
    assert all(allowance.spend(0) for _ in range(int(AT_ONCE)))
    assert not allowance.spend(0)
    assert all(allowance.spend(second) for second in (1, 2, 3))
    assert not allowance.is_flood


def test_it_calls_a_flood_what_goes_on_and_forgives_after_a_pause() -> None:
    allowance = Allowance(0)
    for _ in range(int(AT_ONCE) + REFUSED_MAX + 1):
        allowance.spend(0)
    assert allowance.is_flood
    assert allowance.spend(AT_ONCE / A_SECOND)
    assert not allowance.is_flood


@given(st.lists(st.floats(0, 0.01), max_size=5000))
def test_it_never_lets_more_through_than_it_says(pauses: list[float]) -> None:
    allowance, now, let = Allowance(0), 0.0, 0
    for pause in pauses:
        now += pause
        let += allowance.spend(now)
    assert let <= AT_ONCE + now * A_SECOND + 1
