"""The environment of Siaga's own processes: settings that the person gave, and what a start on one machine adds.
Every setting is explained in docs/operating.md; none is read here for its own sake."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def secret_of(var: Path) -> str:
    """The secret key of this state folder, made once. Only the holder of the folder's lock may call this."""
    path = var / "secret"
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(48)
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(kept + "\n")
        fresh.replace(path)
    return kept


def for_processes(
    given: Mapping[str, str], *, code: Path, var: Path, services: Mapping[str, str], secret: str, port: int
) -> dict[str, str]:
    """`given` (the person's own environment) completed. What the person set stays, but for the addresses of private services."""
    added = {
        "SIAGA_SECRET_KEY": secret,
        "SIAGA_ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "SIAGA_TRUSTED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        "PYTHONUNBUFFERED": "1",
        "SIAGA_DRAIN_SECONDS": "0",  # a single web process: there is nobody to move over to
    }
    fixed = {
        "SIAGA_VAR": str(var),
        "PORT": str(port),
        "PATH": f"{code / '.venv' / 'bin'}{os.pathsep}{given.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(code / ".venv"),
    }
    kept = {key: value for key, value in given.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    return added | kept | dict(services) | fixed


def is_demo(given: Mapping[str, str], *, are_services_private: bool) -> bool:
    """Demo logins only on a database that is nobody else's, with DEBUG off, and unless the person said no."""
    off = {"", "0", "false", "no", "off"}
    is_debug = given.get("SIAGA_DEBUG", "").lower() not in off
    is_refused = "SIAGA_DEMO" in given and given["SIAGA_DEMO"].lower() in off
    return are_services_private and not is_debug and not is_refused
