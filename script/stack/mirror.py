"""Copies a clone to where another account can read it, file by file, only what changed.
Knows nothing of accounts: the copy belongs to whoever runs this and is readable to all."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

#: At the top of the clone, and no use to the services.
LEFT_OUT = frozenset(
    {
        ".git",
        "var",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".import_linter_cache",
        "schemathesis-report",
    }
)


def mirror(source: Path, target: Path, leave_out: Path | None = None) -> int:
    """Make `target` the same tree as `source` less LEFT_OUT (and the relative path `leave_out`); returns how many entries were written.

    A file counts as unchanged when size and modification time (ns) are the same, as with rsync. Every file becomes readable
    (and every folder enterable) for all, also when a umask of 077 closed the source.
    """
    skipped = {source / name for name in LEFT_OUT} | ({source / leave_out} if leave_out else set())
    return _mirror_folder(source, target, skipped)


def _mirror_folder(source: Path, target: Path, skipped: set[Path]) -> int:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        target.unlink()
    target.mkdir(mode=0o755, exist_ok=True)
    written = 0
    present: set[str] = set()
    with os.scandir(source) as entries:
        for entry in entries:
            path = Path(entry.path)
            if path in skipped:
                continue
            there = target / entry.name
            if entry.is_symlink():
                written += _mirror_link(path, there)
            elif entry.is_dir():
                written += _mirror_folder(path, there, skipped)
            elif entry.is_file():
                written += _mirror_file(entry, there)
            else:
                continue  # sockets and pipes
            present.add(entry.name)
    with os.scandir(target) as entries:
        extra = [entry for entry in entries if entry.name not in present]
    for entry in extra:
        _remove(Path(entry.path))
    return written


def _mirror_link(source: Path, target: Path) -> int:
    points_to = os.readlink(source)
    if target.is_symlink() and os.readlink(target) == points_to:
        return 0
    _remove(target)
    target.symlink_to(points_to)
    return 1


def _mirror_file(source: os.DirEntry[str], target: Path) -> int:
    now = source.stat()
    mode = 0o755 if now.st_mode & stat.S_IXUSR else 0o644
    try:
        was = target.lstat()
    except FileNotFoundError:
        pass
    else:
        same = stat.S_ISREG(was.st_mode) and was.st_size == now.st_size and was.st_mtime_ns == now.st_mtime_ns
        if same and stat.S_IMODE(was.st_mode) == mode:
            return 0
        if not stat.S_ISREG(was.st_mode):
            _remove(target)
    # Written beside and renamed: a running server never reads half a file.
    fresh = target.with_name(f".{target.name}.new")
    shutil.copyfile(source.path, fresh)
    fresh.chmod(mode)
    os.utime(fresh, ns=(now.st_atime_ns, now.st_mtime_ns))
    fresh.replace(target)
    return 1


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
