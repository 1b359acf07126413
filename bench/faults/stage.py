"""Everything a run starts: PostgreSQL and Redis of its own, two web processes, two workers, a sweeper, and the links between.
Nothing of it is shared with anything else on the machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import redis

from bench.faults.links import Links, is_isolated
from bench.faults.parts import Cluster, Part, RedisPart, wait_until
from tests.processes import ROOT, free_port, worker_argv

WEBS = ("one", "two")
WORKERS = ("first", "second")
DISK_MEGABYTES = 1500


class Stage:
    """`make`, then break and heal its parts, then `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "log"
        self.logs.mkdir(exist_ok=True)
        self.has_own_disk = is_isolated()
        disk = folder / "disk"
        disk.mkdir(mode=0o755)
        self._disk = disk
        if self.has_own_disk:
            self._mount("-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=755", "tmpfs")
        self.cluster = Cluster(disk, self.logs / "postgres.log")
        self._env = os.environ | {
            "SIAGA_SECRET_KEY": os.urandom(32).hex(),
            "SIAGA_DRAIN_SECONDS": "0",
            "SIAGA_VAR": str(folder),
            "SIAGA_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "commandcenter.settings",
        }
        (folder / "redis").mkdir()
        self.redis = RedisPart(folder / "redis", free_port(), self.logs / "redis.log", self._env)
        self._env |= {"DATABASE_URL": self.cluster.url, "REDIS_URL": self.redis.url}
        self.parts: dict[str, Part] = {}
        self.down: set[str] = set()
        """Killed on purpose, and not to be started again yet."""
        self.died: list[str] = []
        """Ended by themselves, which none should."""
        self.links: Links

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that reaches both services directly."""
        return dict(self._env)

    def make_services(self) -> None:
        self.cluster.make()
        self.redis.start()

    def start_processes(self) -> None:
        """After the database has its schema."""
        targets = {"postgres": str(self.cluster.socket), "redis": f"127.0.0.1:{self.redis.port}"}
        self.links = Links(list(WEBS), targets)
        for web in WEBS:
            host, port = self.links.listen(web)
            env = self._env | {
                "DATABASE_URL": f"postgis://siaga@{self.links.place_of(web, 'postgres')}/siaga",
                "REDIS_URL": f"redis://{self.links.place_of(web, 'redis')}/0",
                "SIAGA_ALLOWED_HOSTS": f"127.0.0.1,{host}",
            }
            argv = [sys.executable, "manage.py", "serve", "--host", host, "--port", str(port)]
            self._add(f"web {web}", [*self.links.prefix(web), *argv], env)
        for worker in WORKERS:
            self._add(f"worker {worker}", worker_argv(worker), self._env)
        self._add("sweeper", [sys.executable, "manage.py", "sweep"], self._env)
        for part in self.parts.values():
            part.start()
        for name in self.parts:
            self.wait_for_life(name)

    def _add(self, name: str, argv: list[str], env: dict[str, str]) -> None:
        self.parts[name] = Part(name, argv, env, self.logs / f"{name.replace(' ', '-')}.log")

    @property
    def urls(self) -> list[str]:
        return [self.links.url(web) for web in WEBS]

    def keep_up(self) -> None:
        """What a supervisor does: starts again what has ended, and here remembers it."""
        for name, part in self.parts.items():
            if name not in self.down and not part.is_running:
                self.died.append(name)
                part.start()

    def answers(self, web: str) -> bool:
        try:
            with urlopen(f"{self.links.url(web)}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_for_life(self, name: str) -> None:
        """Until a part that was started does its work: a web process answers, the others show life in Redis."""
        kind, _, which = name.partition(" ")
        if kind == "web":
            wait_until(lambda: self.answers(which), name)
        else:
            wait_until(lambda: bool(self._signs_of(name)), name)

    def forget_life(self, name: str) -> None:
        """A killed worker's sign stays for some seconds: the next one's shall not be taken for it."""
        for key in self._signs_of(name):
            with self.redis.client() as client:
                client.delete(key)

    def _signs_of(self, name: str) -> list[bytes]:
        kind, _, which = name.partition(" ")
        if kind == "web":
            return []
        pattern = f"siaga:worker:{which}@*" if kind == "worker" else f"siaga:sweeper:*:{self.parts[name].pid}"
        try:
            with self.redis.client() as client:
                return list(client.scan_iter(pattern, count=1000))
        except (redis.RedisError, OSError):
            return []

    # --- the disk under PostgreSQL -----------------------------------------------------------------------------------

    def fill_disk(self) -> None:
        """No free byte is left under PostgreSQL."""
        at = os.statvfs(self._disk)
        used = (at.f_blocks - at.f_bfree) * at.f_frsize
        self._mount("-o", f"remount,size={max(1, used // 1024 + 64)}k")

    def free_disk(self) -> None:
        self._mount("-o", f"remount,size={DISK_MEGABYTES}m")

    def _mount(self, *how: str) -> None:
        subprocess.run(["mount", *how, str(self._disk)], check=True, capture_output=True)

    # --- after the faults --------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """Everything runs, nothing is cut, slow, stopped or full. Repeatable."""
        if self.has_own_disk:
            self.free_disk()
        for web in WEBS:
            for service in ("clients", "postgres", "redis"):
                self.links.mend(web, service)
        self.cluster.start()
        self.redis.part.send(signal.SIGCONT)
        self.redis.start()
        with self.redis.client() as client:
            client.config_set("maxmemory", 0)
        for part in self.parts.values():
            part.send(signal.SIGCONT)
            if not part.is_running:
                part.start()
        for name in self.parts:
            self.wait_for_life(name)

    def close(self) -> None:
        for part in self.parts.values():
            part.send(signal.SIGCONT)
            part.kill()
        if hasattr(self, "links"):
            self.links.close()
        self.redis.part.kill()
        self.cluster.part.stop(signal.SIGQUIT)
        if self.has_own_disk:
            subprocess.run(["umount", "--lazy", str(self._disk)], capture_output=True)
