"""Who runs the services and where their files lie: the account, the code it can read, the folder for state.
Only root has choices to make here; for everybody else the place is the clone and its `var`."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.mirror import mirror
from stack.trouble import Trouble

ACCOUNT_NAME = "siaga"
#: Home of the account, and of copies of clones that the account cannot enter.
ACCOUNT_HOME = Path("/var/lib/siaga")


@dataclass(frozen=True)
class Account:
    """An unprivileged account that root hands the services to."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True)
class Place:
    """Where things are. `account` is None when this process may run the services itself."""

    clone: Path
    code: Path
    var: Path
    account: Account | None

    @property
    def python(self) -> Path:
        return self.code / ".venv" / "bin" / "python"


def find_place(clone: Path, requested_var: str) -> Place:
    """Decide on the place and make it ready: the account exists, the code is readable to it, the state folder is its own.

    `requested_var` is SIAGA_VAR, or empty for the clone's own `var`. Raises Trouble.
    """
    wanted = Path(os.path.abspath(requested_var)) if requested_var else clone / "var"
    if os.geteuid() != 0:
        own_folder(wanted)
        return Place(clone=clone, code=clone, var=wanted, account=None)

    account = _owner_of_cluster(wanted) or _account()
    home = ACCOUNT_HOME / _hash(clone)
    code = clone
    if not _can_run_code(account, clone):
        _make_open_folder(home)
        code = home / "code"
        mirror(clone, code, leave_out=_inside(wanted, clone))
    var = wanted
    if not _can_enter(account, wanted):
        inside = _inside(wanted, clone)
        var = home / inside if inside else ACCOUNT_HOME / _hash(wanted) / "var"
        _leave_pointer(wanted, var)
    _hand_over(var, account)
    return Place(clone=clone, code=code, var=var, account=account)


def own_folder(var: Path) -> None:
    """Make `var` when it is missing, and prove that this process may write there. Raises Trouble."""
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = var.stat().st_uid
    except OSError as error:
        raise Trouble(f"cannot make {var}: {error.strerror}; name another folder with SIAGA_VAR") from error
    if owner != os.geteuid() or not os.access(var, os.R_OK | os.W_OK | os.X_OK):
        raise Trouble(
            f"{var} belongs to {_name_of(owner)}, not to {_name_of(os.geteuid())}: "
            "start as that account (or as root), or name another folder with SIAGA_VAR"
        )


def _hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def _inside(path: Path, folder: Path) -> Path | None:
    """`path` relative to `folder`, or None when it lies elsewhere."""
    return path.relative_to(folder) if path.is_relative_to(folder) and path != folder else None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _from_passwd(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=entry.pw_dir)


def _owner_of_cluster(var: Path) -> Account | None:
    """The account a cluster made earlier belongs to, so that root can start what another account began."""
    try:
        uid = (var / "postgres").stat().st_uid
        return _from_passwd(pwd.getpwuid(uid)) if uid != 0 else None
    except (OSError, KeyError):
        return None


def _account() -> Account:
    """The account `siaga`, made when it is missing."""
    try:
        return _from_passwd(pwd.getpwnam(ACCOUNT_NAME))
    except KeyError:
        pass
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--home-dir",
        str(ACCOUNT_HOME),
        "--shell",
        "/usr/sbin/nologin",
        ACCOUNT_NAME,
    ]
    if shutil.which(command[0]) is None:
        raise Trouble(
            f"the services must not run as root and there is no `useradd` here: make an account {ACCOUNT_NAME}"
        )
    made = subprocess.run(command, capture_output=True, text=True)
    try:
        return _from_passwd(pwd.getpwnam(ACCOUNT_NAME))
    except KeyError as error:
        raise Trouble(f"cannot make the account {ACCOUNT_NAME}: {made.stderr.strip()}") from error


def _as(account: Account, command: list[str]) -> bool:
    try:
        ran = subprocess.run(
            command,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env={"PATH": os.defpath},
            capture_output=True,
        )
    except PermissionError:
        return False
    return ran.returncode == 0


def _can_run_code(account: Account, clone: Path) -> bool:
    """Whether the account can run the clone's Python and read the clone's files (a umask of 077 closes them too)."""
    probe = "import os, sys; sys.exit(not all(os.access(name, os.R_OK) for name in sys.argv[1:]))"
    names = [
        clone,
        *(entry for entry in clone.iterdir() if entry.suffix == ".py"),
        clone / "script" / "stack" / "server.py",
    ]
    return _as(account, [str(clone / ".venv/bin/python"), "-I", "-c", probe, *map(str, names)])


def _can_enter(account: Account, var: Path) -> bool:
    """Whether the account can get to where `var` is or will be. Its own rights on `var` itself do not count: root gives it those."""
    above = var.parent
    while not above.exists():
        above = above.parent
    return _as(account, ["test", "-x", str(above)])


def _make_open_folder(folder: Path) -> None:
    for each in (ACCOUNT_HOME, folder):
        each.mkdir(mode=0o755, parents=True, exist_ok=True)
        each.chmod(0o755)


def _hand_over(var: Path, account: Account) -> None:
    """Make `var` and give it to the account. Refuses a folder that holds other people's files: nobody wants SIAGA_VAR=/etc obeyed."""
    _make_open_folder(var.parent) if var.is_relative_to(ACCOUNT_HOME) else var.parent.mkdir(
        mode=0o755, parents=True, exist_ok=True
    )
    try:
        var.mkdir(mode=0o700)
    except FileExistsError:
        if not var.is_dir():
            raise Trouble(f"{var} is not a folder; name another with SIAGA_VAR") from None
    if var.stat().st_uid == account.uid:
        return
    strangers = [
        entry.name for entry in var.iterdir() if entry.lstat().st_uid != account.uid and not _is_pointer(entry)
    ]
    if strangers or var.is_symlink():
        raise Trouble(
            f"{var} holds what is not {account.name}'s ({', '.join(strangers[:3])}): name an empty folder with SIAGA_VAR"
        )
    os.chown(var, account.uid, account.gid, follow_symlinks=False)
    var.chmod(0o700)


def _is_pointer(entry: Path) -> bool:
    return entry.is_symlink() and Path(os.readlink(entry)).is_relative_to(ACCOUNT_HOME)


def _leave_pointer(wanted: Path, var: Path) -> None:
    """State that could not lie where it was wanted is found from there all the same: `log` and `state` point to it."""
    wanted.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name, target in (("log", var / "log"), ("state", var)):
        link = wanted / name
        if link.is_symlink() and Path(os.readlink(link)) != target:
            link.unlink()
        if not link.is_symlink() and not link.exists():
            link.symlink_to(target)
