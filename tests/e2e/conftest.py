"""A real server process and a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import unquote

import pytest

PATIENCE_S = 120  # a busy machine is no failure
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Containers run as root and without user namespaces, where Chromium's sandbox does not start.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream")


@dataclass
class Server:
    """`mien serve` in a process of its own."""

    process: subprocess.Popen
    address: str  # the first line that it printed
    token: str | None

    @property
    def url(self):
        """Scheme, host and port."""
        return "/".join(self.address.split("/")[:3])

    def stop(self, number=signal.SIGTERM):
        """Send a signal and wait; what it said on standard error."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE_S)[1]


@contextlib.contextmanager
def serving(*options, env=None):
    """`with serving("--token", …) as server`: any free port of this machine, stopped at the end."""
    command = [sys.executable, "-m", "mien", "serve", "--port", "0", *map(str, options)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, **pipes, env={**os.environ, **(env or {})}, start_new_session=True)
    with process:
        try:
            address = process.stdout.readline().strip()
            if not address:
                pytest.fail(f"the server did not start: {process.stderr.read()}")
            yield Server(process, address, unquote(address.partition("#")[2]) or None)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.communicate(timeout=PATIENCE_S)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def serve():
    """The function `serving`."""
    if os.name != "posix":
        pytest.skip("signals")
    return serving


@pytest.fixture(scope="session")
def server(serve):
    """One server for all tests that leave it as it was."""
    with serve() as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, or another one that is installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip("no Chromium; apt-get install chromium")
    with playwright.sync_playwright() as runner:
        started = runner.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """`open_page(url, **context options)`: a page in a context of its own, in which no script may fail."""
    contexts, failures = [], []

    def open_one(url, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_S * 1000)
        context.on("weberror", lambda error: failures.append(str(error.error)))
        page = context.new_page()
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert failures == []
