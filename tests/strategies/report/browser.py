"""Pages in a real browser: one headless Chromium looks at all of them, each in a frame of its width."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest

PROBE = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8")
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
--disable-background-networking --disable-component-update --disable-dev-shm-usage --hide-scrollbars
--enable-logging=stderr --window-size=1400,1000 --virtual-time-budget=30000 --dump-dom"""
HOST = """<!DOCTYPE html><meta charset="utf-8"><body>{frames}<script>
const seen = {{}}, frames = Array.from(document.querySelectorAll("iframe"));
addEventListener("message", (event) => {{
  seen[frames.find((frame) => frame.contentWindow === event.source).name] = event.data;
  document.getElementById("seen").textContent = JSON.stringify(seen);
}});
</script><pre id="seen"></pre></body>"""


def look(pages: Mapping[str, Path], widths: Mapping[str, int], folder: Path, *flags: str) -> dict[str, Any]:
    """Return what the browser saw of each page, and what it wrote to its console."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on the path: the pages are not looked at in a browser")
    frames = []
    for number, (name, path) in enumerate(pages.items()):
        page = path.read_text(encoding="utf-8").replace("<style>", f"<script>{PROBE}</script><style>", 1)
        (folder / f"{number}.html").write_text(page, encoding="utf-8")
        frames.append(
            f'<iframe name="{name}" src="{number}.html" width="{widths[name]}" height="900"></iframe>'
        )
    (folder / "host.html").write_text(HOST.format(frames="".join(frames)), encoding="utf-8")
    command = [browser, *FLAGS.split(), *flags, f"--user-data-dir={folder / 'profile'}"]
    command.append((folder / "host.html").as_uri())
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stderr[-2000:]
    told = json.loads(unescape(found.group(1)) or "{}")
    assert told.keys() == pages.keys(), done.stderr[-2000:]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return {"console": console, **told}
