"""The browser modules that need no browser, run by Node's own test runner: tests/ui/modules/*.test.js.

One pytest test a file, so that a failure names its subject.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SUBJECTS = sorted((HERE / "modules").glob("*.test.js"))
LIMIT_SECONDS = 60


def node() -> str:
    """Node from the virtual environment (script/bootstrap puts it there) or from the system."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which("node", path=path)
    assert found, "node is missing: script/bootstrap --dev installs it"
    return found


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda path: path.name.removesuffix(".test.js"))
def test_it_passes_the_module_tests(subject: Path) -> None:
    run = subprocess.run(
        [node(), "--test", "--test-reporter=tap", str(subject)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# tests 0" not in run.stdout
