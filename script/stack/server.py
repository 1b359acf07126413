"""script/server: everything Siaga needs on one machine, in the foreground, until Ctrl-C.
What runs and in which order; how children are kept is the supervisor's business."""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from stack.environment import for_processes, is_demo, secret_of
from stack.holder import Holder
from stack.place import Place, find_place
from stack.redis_server import is_free
from stack.services import Services, forget
from stack.supervisor import Child, Stopping, Supervisor
from stack.trouble import Trouble

CITY = "surabaya"
# Nobody queues behind a migration that waits for a lock: it gives up after three seconds and tries again.
MIGRATE = ["migrate_with_timeouts", "--noinput", "--lock-timeout-in-ms", "3000", "--lock-timeout-max-retries", "20"]
WORKERS = ("worker-1", "worker-2")
READY_SECONDS = 120
HOLDER_WAIT_SECONDS = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/server", description="Run Siaga on this machine until Ctrl-C.")
    parser.add_argument("--demo", action="store_true", help="also play a city: calls arrive, units move")
    parser.add_argument(
        "--server", choices=("daphne", "uvicorn"), default="daphne", help="the web server (default: daphne)"
    )
    options = parser.parse_args()
    try:
        port = _port(os.environ.get("PORT", "8000"))
        clone = Path(os.environ.get("SIAGA_CLONE") or Path(__file__).resolve().parents[2])
        place = find_place(clone, os.environ.get("SIAGA_VAR", ""))
        if place.account is not None:
            _become(place)
        return serve(place, port=port, server=options.server, is_playing=options.demo)
    except Trouble as trouble:
        print(f"script/server: {trouble}", file=sys.stderr)
        return 1


def serve(place: Place, *, port: int, server: str, is_playing: bool) -> int:
    """Start all, say so, keep all, stop all. 0 after a signal; raises Trouble when the start fails."""
    began_at = time.monotonic()
    address = f"http://127.0.0.1:{port}/"
    holder = _hold(place.var, address)
    supervisor = Supervisor(place.var / "run", place.var / "log")
    services: Services | None = None
    try:
        forget(place.var)
        supervisor.clear_leftovers()
        if not is_free(port):
            raise Trouble(f"port {port} is taken by another program; choose one with PORT=…")
        services = Services(place.var, os.environ)
        services.start(supervisor)
        env = for_processes(
            os.environ,
            code=place.code,
            var=place.var,
            services=services.environment,
            secret=secret_of(place.var),
            port=port,
        )
        if is_demo(os.environ, are_services_private=services.are_private):
            env["SIAGA_DEMO"] = "1"
        else:
            env.pop("SIAGA_DEMO", None)
        _prepare_data(supervisor, place, env)
        for child in children(place, env, port=port, server=server):
            supervisor.start(child)
        supervisor.wait_until(lambda: is_ready(port), READY_SECONDS, "web", "The web server")
        if is_playing:
            supervisor.start(simulation(place, env, port=port))
        seconds = time.monotonic() - began_at
        print(
            f"Siaga is ready at {address} ({seconds:.0f} s; logs in {place.var / 'log'}; Ctrl-C stops it)", flush=True
        )
        supervisor.run()
    except Stopping as stopping:
        supervisor.say(f"stopping ({stopping})")
    finally:
        if services is not None:
            services.withdraw()
        supervisor.stop()
        holder.release()
    supervisor.say("stopped")
    return 0


def children(place: Place, env: Mapping[str, str], *, port: int, server: str) -> list[Child]:
    """Web, workers and sweeper: what every installation runs, in docker-compose.yml too."""
    manage = [str(place.python), str(place.code / "manage.py")]
    web = [*manage, "serve", "--host", "127.0.0.1", "--port", str(port), "--server", server]
    rows = [Child(name="web", argv=web, env=env, cwd=place.code, stage=2)]
    for name in WORKERS:
        worker = [str(place.python), "-m", "celery", "-A", "commandcenter", "worker", "-Q", "dispatch,notify,report"]
        worker += ["--pool", "solo", "--prefetch-multiplier", "1", "-n", f"{name}@%h", "--loglevel", "INFO"]
        rows.append(Child(name=name, argv=worker, env=env, cwd=place.code, stage=1, stop_seconds=30))
    rows.append(Child(name="sweeper", argv=[*manage, "sweep"], env=env, cwd=place.code, stage=1))
    return rows


def simulation(place: Place, env: Mapping[str, str], *, port: int) -> Child:
    url = f"http://127.0.0.1:{port}"
    argv = [str(place.python), str(place.code / "manage.py"), "simulate", "--url", url, "--minutes", "0"]
    # Four times as fast as life and about six calls a minute: a newcomer sees units arrive and clear within minutes.
    argv += ["--speed", "4", "--calls-per-minute", "1.5"]
    return Child(name="simulation", argv=argv, env=env, cwd=place.code, stage=3)


def is_ready(port: int) -> bool:
    """GET /readyz answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _prepare_data(supervisor: Supervisor, place: Place, env: Mapping[str, str]) -> None:
    manage = [str(place.python), str(place.code / "manage.py")]
    for name, words in (("migrate", MIGRATE), ("seed", ["seed_city", CITY, "--once"])):
        supervisor.run_once(Child(name=name, argv=[*manage, *words], env=env, cwd=place.code))


def _port(given: str) -> int:
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise Trouble(f"PORT={given} is no port: give a number from 1 to 65535")
    return int(given)


def _hold(var: Path, address: str) -> Holder:
    holder = Holder(var)
    deadline = time.monotonic() + HOLDER_WAIT_SECONDS
    is_told = False
    while not holder.take("server", address):
        # A script/manage that started the services for itself will be done soon; another server will not.
        if holder.read().get("kind", "manage") != "manage" or time.monotonic() > deadline:
            raise Trouble(
                f"{var} is held by {holder.sentence()}; stop that first, or name another folder with SIAGA_VAR"
            )
        if not is_told:
            print(f"waiting for {holder.sentence()} to finish", file=sys.stderr)
            is_told = True
        time.sleep(0.2)
    return holder


def _become(place: Place) -> None:
    """Go on as the unprivileged account, with the code that it can read. Does not return."""
    account = place.account
    assert account is not None
    env = dict(os.environ) | {
        "SIAGA_VAR": str(place.var),
        "PYTHONPATH": str(place.code / "script"),
        "HOME": account.home,
        "USER": account.name,
        "LOGNAME": account.name,
    }
    os.chdir("/")
    os.umask(0o077)
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.execve(place.python, [str(place.python), "-m", "stack.server", *sys.argv[1:]], env)


if __name__ == "__main__":
    sys.exit(main())
