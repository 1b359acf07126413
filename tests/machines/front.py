"""nginx with deploy/nginx.conf itself before web processes: only addresses and one time are put in. Starts and ends it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import ROOT, free_port, wait_for_port

DEPLOYED = ROOT / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: script/bootstrap --dev installs it")
SILENCE_SECONDS = 5
"""In place of the deployed minute, so that a test can outlast it: a socket lives by its beats alone."""

MAIN = """{user}
daemon off;
master_process on;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/siaga.conf;
}}
"""


def with_addresses(conf: str, port: int, webs: Sequence[int]) -> str:
    """The deployed configuration on a port of this machine, before the web processes on `webs`. Each replacement must
    find its place: a renamed upstream fails here, not in production."""
    server = re.search(r"^ *server web:8000 resolve( [^;]*);\n", conf, re.MULTILINE)
    assert server, "deploy/nginx.conf names its upstream in another way"
    servers = "".join(f"    server 127.0.0.1:{web}{server[1]};\n" for web in webs)
    made = conf.replace(server[0], servers)
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("proxy_read_timeout 60s;", f"proxy_read_timeout {SILENCE_SECONDS}s;"),
    ):
        assert made.count(old) == 1, old
        made = made.replace(old, new)
    return made


@contextmanager
def nginx(folder: Path, webs: Sequence[int]) -> Iterator[str]:
    """A running nginx before the web processes on those ports; gives its address."""
    assert NGINX is not None
    port = free_port()
    (folder / "siaga.conf").write_text(with_addresses(DEPLOYED.read_text(), port, webs))
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    argv = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")]
    process = subprocess.Popen(argv)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
