"""The Live page in a real browser on the same machine: round trip, rate, drawing, several browsers, memory.

    python benchmarks/web.py [--seconds N] [--sessions N] [--json FILE]

Starts `mien serve` and a headless Chromium whose camera shows a public-domain portrait that moves, at 640×480 and 30
frames a second. The browser takes its share of the same cores: it decodes the camera, encodes every frame sent, and
draws without a graphics card. A round trip is from the moment at which a frame was taken to the moment at which its
result is there, as the page sees it. Several sessions are several browsers: pages of one browser share one camera,
which then gives each of them a few frames a second only. With `--json` the figures are put under "web" into that file,
such as `benchmarks/results/0.1.0.json`; the rest of it stays.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

import mien
from mien import samples

WIDTH, HEIGHT = 640, 480
CLIP_FRAMES = 150
WARM_UP_S = 4.0
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Notes when results come and how old their frames are, and counts how often the overlay is drawn anew.
SPY = """
window.spied = {results: [], paints: 0, first: null};
const Socket = WebSocket;
window.WebSocket = class extends Socket {
  #taken = new Map();
  constructor(...values) {
    super(...values);
    this.addEventListener("message", ({data}) => {
      if (typeof data !== "string") return;
      const {type, id, people, inference_ms} = JSON.parse(data);
      if (type !== "result") return;
      const now = performance.now();
      spied.results.push({now, trip: now - this.#taken.get(id), people: people.length, inference: inference_ms});
      if (people.length) spied.first ??= now;
    });
  }
  send(data) {
    if (typeof data !== "string") {
      const header = new DataView(data.buffer);
      this.#taken.set(header.getUint32(0, true), header.getFloat64(4, true) * 1000);
    }
    super.send(data);
  }
};
const clear = CanvasRenderingContext2D.prototype.clearRect;
CanvasRenderingContext2D.prototype.clearRect = function (...values) {
  if (this.canvas.id === "overlay") spied.paints += 1;
  return clear.apply(this, values);
};
"""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure and what it should be.

    Attributes:
        name: what was measured.
        value: the figure.
        unit: of value and goal.
        goal: what it should be; None where nothing is asked.
        at_least: whether the goal is the least that it should be, rather than the most.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached; true where there is none."""
        return self.goal is None or (self.value >= self.goal if self.at_least else self.value <= self.goal)


def write_clip(path: Path) -> None:
    """A face that moves about, as the JPEGs that Chromium takes for a camera."""
    portrait = mien.read_image(samples.fetch("astronaut"))[:300, 80:380]
    with path.open("wb") as file:
        for number in range(CLIP_FRAMES):
            turn = 2 * math.pi * number / CLIP_FRAMES
            picture = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
            x, y = round(170 + 110 * math.sin(turn)), round(90 + 40 * math.sin(2 * turn))
            picture[y : y + 300, x : x + 300] = portrait
            file.write(cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes())


@contextlib.contextmanager
def served() -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """A server: its process, its address, and the seconds from the command to the first page."""
    began_s = time.perf_counter()
    command = [sys.executable, "-m", "mien", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url.rstrip('/')}/live") as answer:
            answer.read()
        ready_s = time.perf_counter() - began_s
        try:
            yield process, url.rstrip("/"), ready_s
        finally:
            process.send_signal(signal.SIGTERM)


def wait_for_networks(url: str) -> None:
    """Until they are loaded; a person takes longer to find the button."""
    while True:
        with urllib.request.urlopen(f"{url}/healthz") as answer:
            if json.load(answer)["models"] == "ready":
                return
        time.sleep(0.1)


def opened(browser: Browser, url: str) -> Page:
    """The page, in a window of its own that may use the camera."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["camera"])
    context.add_init_script(SPY)
    page = context.new_page()
    page.goto(f"{url}/live")
    return page


def first_result_s(page: Page) -> float:
    """Seconds from the click on Start to the first result with a person."""
    return float(
        page.evaluate(
            """async () => {
              const began = performance.now();
              document.getElementById("start").click();
              while (spied.first === null) await new Promise((done) => setTimeout(done, 10));
              return (spied.first - began) / 1000;
            }"""
        )
    )


def watched(pages: list[Page], seconds: float) -> list[dict[str, Any]]:
    """What each page saw in so many seconds, after a warm-up."""
    time.sleep(WARM_UP_S)
    for page in pages:
        page.evaluate("[spied.results, spied.paints, spied.since] = [[], 0, performance.now()]")
    time.sleep(seconds)
    return [page.evaluate("({...spied, seconds: (performance.now() - spied.since) / 1000})") for page in pages]


def peak_mb(pid: int) -> float:
    """Most memory that a process and its children have had resident, in all; shared pages count in each."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    own = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return own + sum(peak_mb(int(child)) for child in children)


def measured(seconds: float, sessions: int) -> list[Figure]:
    """All figures."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        raise SystemExit("no Chromium; apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, served() as (process, url, ready_s), sync_playwright() as runner:
        clip = Path(folder) / "camera.mjpeg"
        write_clip(clip)
        wait_for_networks(url)
        arguments = [*ARGUMENTS, f"--use-file-for-fake-video-capture={clip}"]
        with contextlib.ExitStack() as stack:
            browsers = (runner.chromium.launch(executable_path=path, args=arguments) for _ in range(sessions))
            pages = (opened(stack.enter_context(browser), url) for browser in browsers)
            page = next(pages)
            first_s = first_result_s(page)
            (one,) = watched([page], seconds)
            others = list(pages)
            for other in others:
                other.click("#start")
            many = watched([page, *others], seconds)
        memory_mb = peak_mb(process.pid)
    trips = [result["trip"] for result in one["results"]]
    inference = [result["inference"] for result in one["results"]]
    seen = sum(result["people"] == 1 for result in one["results"]) / len(one["results"])
    rates = sorted(len(each["results"]) / each["seconds"] for each in many)
    slow = [float(np.percentile([result["trip"] for result in each["results"]], 95)) for each in many]
    paints = one["paints"] / one["seconds"]
    return [
        Figure(name="first page after the command", value=ready_s, unit="s", goal=1),
        Figure(name="first result after Start", value=first_s, unit="s", goal=3),
        Figure(name="results/s", value=len(trips) / one["seconds"], unit="1/s", goal=24, at_least=True),
        Figure(name="round trip p50", value=float(np.percentile(trips, 50)), unit="ms"),
        Figure(name="round trip p95", value=float(np.percentile(trips, 95)), unit="ms", goal=120),
        Figure(name="inference p50", value=float(np.percentile(inference, 50)), unit="ms"),
        Figure(name="results with the one person in view", value=100 * seen, unit="%", goal=99, at_least=True),
        Figure(name="overlay drawn", value=paints, unit="1/s", goal=50, at_least=True),
        Figure(name=f"{sessions} sessions: the slowest's results/s", value=rates[0], unit="1/s", goal=5, at_least=True),
        Figure(name=f"{sessions} sessions: the fastest's results/s", value=rates[-1], unit="1/s"),
        Figure(name=f"{sessions} sessions: worst round trip p95", value=max(slow), unit="ms"),
        Figure(name=f"{sessions} sessions: peak memory of the server", value=memory_mb, unit="MB", goal=600),
    ]


def show(rows: list[Figure]) -> None:
    """As a table."""
    table = Table(title=f"Mien {mien.__version__}, Live page in Chromium, {WIDTH}×{HEIGHT}, one face, full profile")
    for column in ("what", "figure", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in rows:
        goal = (
            "" if row.goal is None else f"{'≥' if row.at_least else '≤'} {row.goal:g} {'✓' if row.met else '✗ missed'}"
        )
        table.add_row(row.name, f"{row.value:.3g} {row.unit}", goal)
    Console().print(table)


def main() -> int:
    """Measure, print, and write JSON where asked; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15, help="each measurement lasts [15]")
    parser.add_argument("--sessions", type=int, default=4, help="browsers at once [4]")
    parser.add_argument("--json", type=Path, help="put the figures under 'web' into this file")
    options = parser.parse_args()
    rows = measured(options.seconds, options.sessions)
    show(rows)
    if options.json:
        content = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        content["web"] = [asdict(row) for row in rows]
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
