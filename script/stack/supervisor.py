"""Keeps a handful of child processes alive and stops them all: start, restart with back-off, ordered stop, no orphans.
Single-threaded and signal-driven; knows nothing of what the children are."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack.trouble import Trouble

TICK_SECONDS = 0.2
FIRST_RESTART_SECONDS = 0.5
LAST_RESTART_SECONDS = 30.0
#: A child that lived this long has recovered: its next death is a first one again.
RECOVERED_SECONDS = 60.0
LOG_LIMIT_BYTES = 50_000_000

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Stopping(Exception):
    """A signal asked for the end."""


@dataclass(frozen=True)
class Child:
    """A process to keep. Children of a higher stage stop first; `orphan_signal` reaches it when the supervisor itself is killed."""

    name: str
    argv: list[str]
    env: Mapping[str, str]
    cwd: Path
    stage: int = 1
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15.0
    orphan_signal: int = signal.SIGTERM
    before: Callable[[], None] | None = None


@dataclass
class _Kept:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    restart_at: float | None = None
    log: Path = field(default_factory=Path)


def started_ticks(pid: int) -> int | None:
    """When a process began (clock ticks since boot), which together with its id names it for good; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def tail(log: Path, lines: int = 20) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Supervisor:
    """One per script. Make it before any child: it blocks the signals it waits for."""

    def __init__(self, run_folder: Path, log_folder: Path, *, quiet: bool = False) -> None:
        run_folder.mkdir(mode=0o700, exist_ok=True)
        log_folder.mkdir(mode=0o700, exist_ok=True)
        self._register = run_folder / "children.json"
        self._logs = log_folder
        self._quiet = quiet
        self._kept: dict[str, _Kept] = {}
        self._logs_checked_at = time.monotonic()
        self._stopping = False
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._enders = {signal.SIGTERM, signal.SIGINT}
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # under nohup it stays ignored
            self._enders.add(signal.SIGHUP)
        signal.pthread_sigmask(signal.SIG_BLOCK, self._enders | {signal.SIGCHLD})

    def say(self, words: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {words}"
        with (self._logs / "supervisor.log").open("a") as log:
            log.write(f"{time.strftime('%Y-%m-%d')} {line}\n")
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def pid_of(self, name: str) -> int | None:
        kept = self._kept.get(name)
        return kept.process.pid if kept and kept.process else None

    # --- what a killed supervisor left --------------------------------------------------------------------------------

    def clear_leftovers(self, seconds: float = 20.0) -> None:
        """End children of an earlier supervisor of this folder that outlived it. Only the holder of the folder's lock may call this."""
        try:
            rows = json.loads(self._register.read_text())
        except (OSError, ValueError):
            return
        left = [row for row in rows if started_ticks(row["pid"]) == row["started"]]
        for row in left:
            self.say(f"ending {row['name']} (process {row['pid']}), left by a server that was killed")
            _signal(row["pid"], row["stop_signal"])
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.1)
            left = [row for row in left if started_ticks(row["pid"]) == row["started"]]
        for row in left:
            _signal_group(row["pid"], signal.SIGKILL)
        self._register.unlink(missing_ok=True)

    def _write_register(self) -> None:
        rows = [
            {
                "name": kept.child.name,
                "pid": kept.process.pid,
                "started": started_ticks(kept.process.pid),
                "stop_signal": int(kept.child.stop_signal),
            }
            for kept in self._kept.values()
            if kept.process is not None
        ]
        fresh = self._register.with_suffix(".new")
        fresh.write_text(json.dumps(rows))
        fresh.replace(self._register)

    # --- starting -------------------------------------------------------------------------------------------------------

    def start(self, child: Child) -> None:
        if child.name in self._kept:
            self._stop_stage([self._kept[child.name]])
        self._kept[child.name] = _Kept(child=child, log=self.log_of(child.name))
        self._spawn(self._kept[child.name])

    def _spawn(self, kept: _Kept) -> None:
        child = kept.child
        if child.before is not None:
            child.before()
        kept.process = self._popen(child)
        kept.started_at = time.monotonic()
        kept.restart_at = None
        self._write_register()

    def _popen(self, child: Child) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        orphan_signal = int(child.orphan_signal)

        def in_child() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            _libc.prctl(_PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0)
            if os.getppid() != parent:  # the supervisor died before the line above
                os._exit(1)

        with self.log_of(child.name).open("ab") as log:
            # Its own session: Ctrl-C at the terminal reaches the supervisor alone, which then stops things in order.
            return subprocess.Popen(
                child.argv,
                env=dict(child.env),
                cwd=child.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=in_child,
            )

    def run_once(self, child: Child) -> None:
        """Run a step to its end. Raises Trouble with the end of its log when it fails, Stopping on a signal."""
        process = self._popen(child)
        try:
            while process.poll() is None:
                self._tick()
        except BaseException:
            _signal_group(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait()
            raise
        if process.returncode != 0:
            raise Trouble(
                f"{child.name} failed; the end of {self.log_of(child.name)}:\n{tail(self.log_of(child.name))}"
            )

    # --- the loop -------------------------------------------------------------------------------------------------------

    def wait_until(self, is_so: Callable[[], bool], seconds: float, child: str, what: str) -> None:
        """Tick until `is_so`. Raises Trouble after `seconds`, or when `child` has died three times, with the end of its log."""
        deadline = time.monotonic() + seconds
        while not is_so():
            kept = self._kept[child]
            if time.monotonic() > deadline or kept.deaths >= 3:
                raise Trouble(f"{what} did not come up; the end of {kept.log}:\n{tail(kept.log)}")
            self._tick()

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep the children until a signal (raises Stopping) or until `until` says so."""
        while not until():
            self._tick()

    def _tick(self) -> None:
        got = signal.sigtimedwait(self._enders | {signal.SIGCHLD}, TICK_SECONDS)
        if got is not None and got.si_signo in self._enders:
            raise Stopping(signal.Signals(got.si_signo).name)
        now = time.monotonic()
        for kept in self._kept.values():
            if kept.process is not None and kept.process.poll() is not None:
                self._died(kept, now)
            elif kept.restart_at is not None and now >= kept.restart_at and not self._stopping:
                self.say(f"starting {kept.child.name} again")
                self._spawn(kept)
        if now - self._logs_checked_at > 60:
            self._logs_checked_at = now
            self._shorten_logs()

    def _died(self, kept: _Kept, now: float) -> None:
        assert kept.process is not None
        _signal_group(kept.process.pid, signal.SIGKILL)  # what it had started itself
        kept.deaths = 1 if now - kept.started_at > RECOVERED_SECONDS else kept.deaths + 1
        wait = min(FIRST_RESTART_SECONDS * 2 ** (kept.deaths - 1), LAST_RESTART_SECONDS)
        kept.restart_at = now + wait
        if not self._stopping:
            self.say(
                f"{kept.child.name} ended ({_ending(kept.process.returncode)}), again in {wait:g} s; its log: {kept.log}"
            )
        kept.process = None
        self._write_register()

    def _shorten_logs(self) -> None:
        """Copy a long log aside and empty it in place: children append, so they write on at its start."""
        for log in self._logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT_BYTES:
                log.with_suffix(".log.1").write_bytes(log.read_bytes())
                os.truncate(log, 0)

    # --- stopping -------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop all children, stage by stage, and wait for them; a second signal meanwhile kills what is left of a stage."""
        self._stopping = True
        for stage in sorted({kept.child.stage for kept in self._kept.values()}, reverse=True):
            self._stop_stage([kept for kept in self._kept.values() if kept.child.stage == stage])
        self._kept.clear()
        self._register.unlink(missing_ok=True)

    def _stop_stage(self, stage: list[_Kept]) -> None:
        running = [(kept.child, kept.process) for kept in stage if kept.process is not None]
        for child, process in running:
            _signal(process.pid, child.stop_signal)
        deadline = time.monotonic() + max((child.stop_seconds for child, _ in running), default=0)
        while any(process.poll() is None for _, process in running) and time.monotonic() < deadline:
            got = signal.sigtimedwait(self._enders | {signal.SIGCHLD}, TICK_SECONDS)
            if got is not None and got.si_signo in self._enders:
                deadline = 0
        for child, process in running:
            if process.poll() is None:
                self.say(f"{child.name} did not stop by itself: killing it")
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        for kept in stage:
            kept.process = None


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(pid: int, number: int) -> None:
    """To the process group a child leads, also when the child itself is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
