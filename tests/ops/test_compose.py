"""The compose file: it parses, every command it runs exists, all of Siaga's parts get the same settings."""

from __future__ import annotations

import importlib
import shutil
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "sweeper")


@pytest.mark.parametrize("name", OURS)
def test_it_runs_only_commands_that_exist(name: str) -> None:
    command = SERVICES[name]["command"]
    if command[:2] == ["python", "manage.py"]:
        assert (ROOT / "manage.py").is_file() and command[2] in get_commands()
    else:
        assert command[0] == "celery"
        module = importlib.import_module(command[command.index("-A") + 1])
        assert module.celery_app.main == "siaga"


@pytest.mark.parametrize("name", OURS)
def test_it_gives_every_part_the_same_settings(name: str) -> None:
    own = {"DATABASE_URL", "SIAGA_PGBOUNCER"} if name == "migrate" else set()  # past the pooler
    web = SERVICES["web"]["environment"]
    assert {key for key, value in SERVICES[name]["environment"].items() if value != web[key]} == own
    assert SERVICES[name]["environment"].keys() == web.keys()
    settings = "".join(path.read_text() for path in (ROOT / "commandcenter" / "settings").glob("*.py"))
    assert all(f'"{variable}"' in settings for variable in SERVICES[name]["environment"])


def test_it_knows_every_queue_that_jobs_use() -> None:
    command = SERVICES["worker"]["command"]
    assert {"dispatch", "notify", "report"} <= set(command[command.index("-Q") + 1].split(","))


def test_it_mounts_and_builds_files_that_are_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), source
        build = service.get("build")
        assert build is None or (ROOT / build["dockerfile"]).is_file()


def test_it_starts_the_servers_of_debian_and_docker_by_names_they_have() -> None:
    assert SERVICES["redis"]["command"][0] == "redis-server" and shutil.which("redis-server")


def test_it_lets_no_demo_into_a_deployment() -> None:
    assert all("SIAGA_DEMO" not in service.get("environment", {}) for service in SERVICES.values())


def test_it_passes_websockets_through_nginx() -> None:
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    assert "location /ws/" in conf and "proxy_set_header Upgrade $http_upgrade" in conf


def test_it_starts_pooler_and_replica_only_when_asked() -> None:
    optional = {name for name, service in SERVICES.items() if "profiles" in service}
    assert optional == {"pgbouncer", "replica", "prometheus", "grafana"}
    needed = {needed for service in SERVICES.values() for needed in service.get("depends_on", [])}
    assert not needed & optional


def test_it_gives_a_web_process_time_to_move_its_consoles() -> None:
    assert SERVICES["web"]["stop_grace_period"] == "20s"
    assert settings.DRAIN_NOTICE_SECONDS + settings.DRAIN_SECONDS + 12 <= 20


def test_it_believes_nginx_alone_of_where_somebody_comes_from() -> None:
    at = SERVICES["nginx"]["networks"]["default"]["ipv4_address"]
    assert SERVICES["web"]["environment"]["SIAGA_TRUSTED_PROXIES"] == f"${{SIAGA_TRUSTED_PROXIES:-{at}}}"
    [network] = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert ip_address(at) in ip_network(network["subnet"])
