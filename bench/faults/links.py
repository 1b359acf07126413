"""How a web process reaches PostgreSQL, Redis and its clients, and how these ways are cut or made slow. With network
namespaces a cut drops every packet on the wire; without them the proxy holds everything back, and the run says so."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from tests.processes import ROOT, free_port

SERVICES = ("clients", "postgres", "redis")
NOBODY = "02:00:00:00:00:7f"
"""An Ethernet address that no card has: what is sent there arrives nowhere."""
ISOLATED = "SIAGA_FAULTS_ISOLATED"


def isolate(argv: list[str]) -> None:
    """Begins this program anew in a network and a mount namespace of its own, where that is allowed: nothing it does to
    links or disks is seen outside, and all of it goes with its processes. Returns where it is not allowed, or done already."""
    if ISOLATED in os.environ:
        run("ip", "link", "set", "lo", "up")
        return
    tools = all(shutil.which(name) for name in ("unshare", "nsenter", "ip"))
    if os.geteuid() != 0 or not tools:
        return
    alone = ["unshare", "--net", "--mount"]
    if subprocess.run([*alone, "ip", "link", "set", "lo", "up"], capture_output=True).returncode != 0:
        return
    os.environ[ISOLATED] = "1"
    os.execvp(alone[0], [*alone, *argv])


def is_isolated() -> bool:
    return ISOLATED in os.environ


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


@dataclass
class Wire:
    """One pair of virtual network cards between here and a web process's namespace."""

    holder: int
    outer: str
    inner: str
    outer_address: str
    inner_address: str

    def lay(self) -> None:
        run("ip", "link", "add", self.outer, "type", "veth", "peer", "name", self.inner)
        run("ip", "link", "set", self.inner, "netns", str(self.holder))
        run("ip", "address", "add", f"{self.outer_address}/30", "dev", self.outer)
        run("ip", "link", "set", self.outer, "up")
        run(*self._inside, "ip", "address", "add", f"{self.inner_address}/30", "dev", self.inner)
        run(*self._inside, "ip", "link", "set", self.inner, "up")

    @property
    def _inside(self) -> list[str]:
        return ["nsenter", "--target", str(self.holder), "--net"]

    def cut(self) -> None:
        for inside, card, address in self._ends():
            run(*inside, "ip", "neighbour", "replace", address, "lladdr", NOBODY, "dev", card, "nud", "permanent")

    def mend(self) -> None:
        for inside, card, address in self._ends():
            run(*inside, "ip", "neighbour", "delete", address, "dev", card)

    def _ends(self) -> list[tuple[list[str], str, str]]:
        return [([], self.outer, self.inner_address), (self._inside, self.inner, self.outer_address)]


class Links:
    """Of all web processes of a run. `targets`: where PostgreSQL (a socket's path) and Redis (host:port) are."""

    def __init__(self, webs: list[str], targets: dict[str, str]) -> None:
        self._web_ports = {web: free_port() for web in webs}
        self._wires: dict[tuple[str, str], Wire] = {}
        self._holders: dict[str, subprocess.Popen[bytes]] = {}
        self.uses_namespaces = is_isolated()
        places = []
        for number, web in enumerate(webs, start=1):
            if self.uses_namespaces:
                self._lay_wires(number, web)
            for service in SERVICES:
                if service == "clients":
                    if not self.uses_namespaces:
                        places.append(
                            {"name": f"{web}-clients", "host": "127.0.0.1", "to": f"127.0.0.1:{self._web_ports[web]}"}
                        )
                    continue
                host = self._wires[web, service].outer_address if self.uses_namespaces else "127.0.0.1"
                places.append({"name": f"{web}-{service}", "host": host, "to": targets[service]})
        argv = [sys.executable, "-m", "bench.faults.proxy", json.dumps(places)]
        self._proxy = subprocess.Popen(
            argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._proxy.stdout is not None
        self._hosts = {one["name"]: one["host"] for one in places}
        self._ports: dict[str, int] = json.loads(self._proxy.stdout.readline())

    def _lay_wires(self, number: int, web: str) -> None:
        holder = subprocess.Popen(["unshare", "--net", "--", "sleep", "infinity"], start_new_session=True)
        self._holders[web] = holder
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{holder.pid}/ns/net") == own:
            pass  # a blink, until it has its own
        run("nsenter", "--target", str(holder.pid), "--net", "ip", "link", "set", "lo", "up")
        for place, service in enumerate(SERVICES):
            base = f"10.112.{number}."
            wire = Wire(
                holder.pid,
                f"o{number}{service}",
                f"i{number}{service}",
                f"{base}{4 * place + 1}",
                f"{base}{4 * place + 2}",
            )
            wire.lay()
            self._wires[web, service] = wire

    def place_of(self, web: str, service: str) -> str:
        """host:port at which a web process finds a service."""
        return f"{self._hosts[f'{web}-{service}']}:{self._ports[f'{web}-{service}']}"

    def listen(self, web: str) -> tuple[str, int]:
        """Where a web process listens."""
        if self.uses_namespaces:
            return self._wires[web, "clients"].inner_address, self._web_ports[web]
        return "127.0.0.1", self._web_ports[web]

    def url(self, web: str) -> str:
        """Where its clients find it."""
        host, port = self.listen(web) if self.uses_namespaces else ("127.0.0.1", self._ports[f"{web}-clients"])
        return f"http://{host}:{port}"

    def prefix(self, web: str) -> list[str]:
        """What stands before its command."""
        holder = self._holders.get(web)
        return ["nsenter", "--target", str(holder.pid), "--net"] if holder else []

    def cut(self, web: str, service: str) -> None:
        if self.uses_namespaces:
            self._wires[web, service].cut()
        else:
            self._tell(f"{web}-{service} hold")

    def slow(self, web: str, service: str, milliseconds: int) -> None:
        """Each piece of a conversation comes so much later, in both directions."""
        self._tell(f"{web}-{service} slow {milliseconds}")

    def mend(self, web: str, service: str) -> None:
        if self.uses_namespaces and (web, service) in self._wires:
            with contextlib.suppress(subprocess.CalledProcessError):  # it was not cut
                self._wires[web, service].mend()
        if f"{web}-{service}" in self._ports:
            self._tell(f"{web}-{service} pass")

    def _tell(self, words: str) -> None:
        assert self._proxy.stdin is not None
        self._proxy.stdin.write(words + "\n")
        self._proxy.stdin.flush()

    def close(self) -> None:
        for process in (self._proxy, *self._holders.values()):
            process.kill()
            process.wait()
