"""What browsers are told, over real HTTP: every page of the URL map, static files, errors, the API; and with TLS in front."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.test import Client

from commandcenter import doors
from tests.cast import Cast
from tests.processes import web

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
TRUSTED_TYPES = {"require-trusted-types-for": "'script'", "trusted-types": "'none'"}
HARD = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MORE = ("nothing-here", "admin/nothing-here/", "api/v1/nothing-here", "api/v1/board", "api/v1/me")


def policy_of(answer: httpx.Response) -> dict[str, str]:
    [value] = answer.headers.get_list("Content-Security-Policy")
    return dict(part.strip().partition(" ")[::2] for part in value.split(";"))


@pytest.fixture
def site(open_city: Cast) -> Iterator[str]:
    with web() as url:
        yield url


def cookies_of(city: Cast, who: str) -> dict[str, str]:
    client = Client()
    client.force_login(city.users[who], backend="incidents.accounts.AccountBackend")
    return {name: morsel.value for name, morsel in client.cookies.items()}


@pytest.mark.long
def test_it_tells_the_browser_so_on_every_page(site: str, open_city: Cast) -> None:
    pages = [route.replace("<int:pk>", "1") for route in doors.PAGES] + list(MORE)
    wrong = []
    for who in (None, "dana", "ada", "crew"):
        with httpx.Client(base_url=site, cookies=cookies_of(open_city, who) if who else None, timeout=30) as browser:
            for page in pages:
                answer = browser.get(f"/{page}")
                assert answer.status_code < 500 or page in ("readyz", "saved-board"), (page, answer.status_code)
                asked = POLICY | (TRUSTED_TYPES if page.startswith(("login", "account")) else {})
                if policy_of(answer) != asked and not page.startswith("admin"):
                    wrong.append((who, page, policy_of(answer)))
                lacking = {name for name, value in HARD.items() if answer.headers.get(name) != value}
                if (
                    lacking
                    or "no-store" not in answer.headers["Cache-Control"]
                    or "camera=()" not in answer.headers["Permissions-Policy"]
                ):
                    wrong.append((who, page, lacking))
                assert "set-cookie" not in answer.headers or "Secure" not in answer.headers["set-cookie"]
    assert wrong == []


@pytest.mark.long
def test_it_lets_no_inline_script_or_style_element_into_the_administrators_site(site: str, open_city: Cast) -> None:
    with httpx.Client(base_url=site, cookies=cookies_of(open_city, "ada"), timeout=30) as browser:
        for page in (
            "/admin/",
            "/admin/incidents/user/",
            f"/admin/incidents/zone/{open_city.center.zones.first().pk}/change/",
        ):  # type: ignore[union-attr]
            answer = browser.get(page)
            policy = policy_of(answer)
            assert (
                policy.pop("style-src-attr") == "'unsafe-inline'"
            )  # widths that the theme sets; style elements need a hash
            assert answer.status_code == 200 and "unsafe-inline" not in str(policy), page
            assert policy["style-src"].startswith("'self' 'sha256-")
            sources = set(policy.pop("script-src").split())
            assert {source.split("-")[0] for source in sources} <= {
                "'self'",
                "'unsafe",
                "'nonce",
            } and "'unsafe-eval'" in sources
            assert ("nonce-" in str(sources)) == ("/zone/" in page)
            assert {name: value for name, value in policy.items() if name != "style-src"} == {
                name: value for name, value in POLICY.items() if name not in ("style-src", "script-src")
            }


@pytest.mark.long
def test_it_lets_static_files_be_kept_but_not_read_elsewhere(site: str) -> None:
    answer = httpx.get(f"{site}/static/css/tokens.css")
    assert "no-store" not in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.long
def test_it_shows_errors_in_both_languages_and_tells_nothing(site: str) -> None:
    not_found = httpx.get(f"{site}/rahasia-sekali")
    stale = httpx.post(f"{site}/login", data={"username": "dana", "password": "x"})
    bad = httpx.get(f"{site}/login", headers={"Host": "jahat.example"})
    assert [answer.status_code for answer in (not_found, stale, bad)] == [404, 403, 400]
    for answer in (not_found, stale, bad):
        assert 'data-testid="error-page"' in answer.text and 'lang="en"' in answer.text
        for word in ("rahasia-sekali", "jahat", "Traceback", "CSRF", "Django", "ALLOWED_HOSTS"):
            assert word not in answer.text, word
        assert "content-security-policy" in answer.headers


def test_it_says_of_its_own_failure_only_that(city: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("kata-sandi-basis-data")

    monkeypatch.setattr("commandcenter.pages._page", fail)
    client = Client(raise_request_exception=False)
    client.force_login(city.users["dana"], backend="incidents.accounts.AccountBackend")
    answer = client.get("/map")
    assert answer.status_code == 500 and b'data-testid="error-page"' in answer.content
    assert b"kata-sandi" not in answer.content and b"Traceback" not in answer.content
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.long
def test_it_hardens_cookies_and_transport_behind_tls(open_city: Cast) -> None:
    open_city.users["dana"].set_password("kata-sandi-uji")
    open_city.users["dana"].save()
    over_tls = {"X-Forwarded-Proto": "https", "Referer": "https://127.0.0.1/login"}
    with web(SIAGA_TLS="1") as url, httpx.Client(base_url=url, timeout=30) as browser:
        plain = browser.get("/login")
        assert plain.status_code == 301 and plain.headers["Location"].startswith("https://")
        page = browser.get("/login", headers=over_tls)
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        token = page.cookies["__Host-csrftoken"]
        form = {"username": "dana", "password": "kata-sandi-uji", "csrfmiddlewaretoken": token}
        host = httpx.URL(url).netloc.decode()
        headers = over_tls | {
            "Cookie": f"__Host-csrftoken={token}",
            "Origin": f"https://{host}",
            "Referer": f"https://{host}/login",
        }
        done = browser.post("/login", data=form, headers=headers)
        assert done.status_code == 302
        for cookie in (page.headers["set-cookie"], *done.headers.get_list("set-cookie")):
            name, _, rest = cookie.partition("=")
            assert name in ("__Host-csrftoken", "__Host-sessionid")
            for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
                assert flag in rest, (cookie, flag)
            assert "Domain" not in rest
