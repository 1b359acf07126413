"""script/sbom: the parts of Siaga as CycloneDX 1.6, from the hashed locks alone. No network, no clock: the same locks give the same bytes.
What the parts are known to be weak in is `stack/audit.py`."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = uuid.UUID("8f6d1f0e-3f0a-5b0c-9a55-112112112112")
_LINE = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]*?))?\s*\\?$")
_HASH = re.compile(r"--hash=(sha256):([0-9a-f]{64})")


def python_parts(lock: str, scope: str = "required") -> list[dict[str, Any]]:
    """The packages of a hashed requirements file. Raises ValueError for a line that is neither a package, a hash nor a comment."""
    parts: list[dict[str, Any]] = []
    for line in lock.splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _LINE.match(text)
        if found:
            name, version = found.group(1).lower().replace("_", "-"), found.group(2)
            parts.append(_part("pypi", name, version, scope) | {"hashes": []})
            continue
        digest = _HASH.match(text)
        if digest is None or not parts:
            raise ValueError(f"a lock has this line: {text}")
        # A package has several files, each with its own: which one is installed depends on the machine.
        parts[-1]["hashes"].append({"alg": "SHA-256", "content": digest.group(2)})
    for part in parts:
        hashes = part.pop("hashes")
        part["properties"] = [{"name": "siaga:sha256", "value": one["content"]} for one in hashes]
    return parts


def npm_parts(lock: dict[str, Any]) -> list[dict[str, Any]]:
    """What npm installs; what only checks and measurements need is optional."""
    parts = []
    for place, facts in lock["packages"].items():
        if not place:
            continue
        scope = "optional" if facts.get("dev") or facts.get("optional") else "required"
        part = _part("npm", place.rpartition("node_modules/")[2], facts["version"], scope)
        algorithm, _, digest = facts["integrity"].partition("-")
        part["hashes"] = [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}]
        if "license" in facts:
            part["licenses"] = [{"expression": facts["license"]}]
        parts.append(part)
    return parts


def _part(kind: str, name: str, version: str, scope: str) -> dict[str, Any]:
    address = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {"type": "library", "bom-ref": address, "name": name, "version": version, "scope": scope, "purl": address}


def bill(root: Path = ROOT) -> str:
    """The whole list as text."""
    app = (root / "requirements" / "app.txt").read_text()
    node = (root / "requirements" / "node.txt").read_text()
    npm = (root / "package-lock.json").read_text()
    lock = json.loads(npm)
    digest = hashlib.sha256("\0".join((app, node, npm)).encode()).hexdigest()
    parts = {part["bom-ref"]: part for part in (*npm_parts(lock), *python_parts(node, "optional"), *python_parts(app))}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, digest)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "siaga", "name": lock["name"], "version": lock["version"]}
        },
        "components": [parts[name] for name in sorted(parts)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(bill())
