"""The thin script for mitmproxy's own programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import origin as site
from support import Origin, free_port, wait_for_port

import proxy_addon.addon

MITMDUMP = (sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", "-q")


def test_mitmdump_filters_with_the_script(tmp_path: Path, origin: Origin) -> None:
    port = free_port()
    assert proxy_addon.addon.__file__ is not None
    command = [*MITMDUMP, "-p", str(port), "--set", f"confdir={tmp_path}", "-s", proxy_addon.addon.__file__]
    process = subprocess.Popen(command, env=os.environ | {"SAFEGUARD_HOME": str(tmp_path)})
    try:
        wait_for_port(port)
        with httpx.Client(proxy=f"http://127.0.0.1:{port}", timeout=60) as client:
            while (good := client.get(origin.url("http", "benign"))).status_code == 503:  # until the filter is ready
                assert process.poll() is None
            assert good.content == site.BENIGN
            assert client.get(origin.url("http", "gambling")).status_code == 403
            assert client.get("http://www.pornhub.com/").status_code == 403
    finally:
        process.terminate()
        process.wait(30)
