"""The administrator's cast: Ada of Surabaya, Dana the operator, and another city's rows.
Set-up alone; no promise stands here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from incidents.models import User
from tests.admin.cities import City, build


@pytest.fixture
def city(db: None) -> City:
    return build("surabaya")


@pytest.fixture
def elsewhere(city: City) -> City:
    return build("mojokerto")


@pytest.fixture
def login() -> Callable[[User], Client]:
    def of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return of


@pytest.fixture
def ada(city: City, login: Callable[[User], Client]) -> Client:
    return login(city.administrator)
