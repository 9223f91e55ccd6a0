"""The Report page, and what the server keeps for it."""

import http.server
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from mien.audience import schema
from mien.audience.read import read
from mien.audience.store import Store
from mien.cli.main import cli
from mien.errors import InputError
from mien.web.live.source import SharedSource
from mien.web.profilers import Profilers
from mien.web.recordings import Recordings
from mien.web.reports import Reports
from mien.web.settings import Settings
from mien.web.warm_up import warm_up

PATIENCE_S = 120


def wait_for(condition):
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


@pytest.fixture(scope="module")
def store(tmp_path_factory, film):
    """One face that walks for half a second, in 2020."""
    path = str(tmp_path_factory.mktemp("store") / "audience.db")
    options = ["--attributes", "quality,emotion,pose", "--no-reidentify", "--recorded-at", "2020-06-01T09:00"]
    done = CliRunner(catch_exceptions=False).invoke(cli, ["watch", str(film), "--store", path, *options])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def stream(jpeg):
    """The address of a camera that shows one face, again and again."""

    class Pictures(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            try:
                while True:
                    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                    self.wfile.write(head + jpeg + b"\r\n")
                    time.sleep(0.05)
            except ConnectionError:
                pass  # the reader has gone

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/live"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def jpeg(draw_faces, encode):
    return encode(draw_faces(240, 320, [(160, 120, 140)]), "JPEG")


def test_without_a_store_the_page_says_how_to_get_one(shared_client):
    answer = shared_client.get("/report")
    assert answer.status_code == 200
    assert "mien serve --source 0 --store audience.db" in answer.text
    assert "report.js" not in answer.text
    for path in ("/report/content", "/report/report.html", "/report/tables.zip"):
        refused = shared_client.get(path)
        assert refused.status_code == 404
        assert "this server keeps no store" in refused.text


def test_the_page_shows_what_the_file_shows(client, store):
    asked = client(store=store)
    page = asked.get("/report?period=all")
    assert page.status_code == 200
    assert "Mon 1 June 2020, 09:00 to 09:01" in page.text
    assert "Fewer than 5 people were in view" in page.text
    fragment = asked.get("/report/content?period=all").text
    assert fragment.strip() in page.text
    assert "<script" not in fragment
    assert "style=" not in fragment
    whole = asked.get("/report/report.html?period=all")
    assert whole.headers["Content-Disposition"] == "attachment; filename=report.html"
    assert fragment in whole.text
    tables = asked.get("/report/tables.zip?period=all")
    with zipfile.ZipFile(io.BytesIO(tables.data)) as archive:
        assert "everyone.csv" in archive.namelist()
    assert asked.get("/report/style.css").mimetype == "text/css"
    assert asked.get("/live").text.count("is kept for the report, without pictures and without names") == 1


def test_a_time_in_which_nobody_watched(client, store):
    asked = client(store=store)
    assert "Nothing was recorded in that time." in asked.get("/report").text  # today
    assert asked.get("/report/content").status_code == 404


@pytest.mark.parametrize("query", ["period=yesterday", "period=all&source=attic"])
def test_what_cannot_be_reported_on(client, store, query):
    answer = client(store=store).get(f"/report?{query}")
    assert answer.status_code == 404
    assert "unknown" in answer.text


def test_a_store_that_cannot_be_read_is_told(client, tmp_path):
    path = tmp_path / "broken.db"
    path.write_text("not a database" * 100)
    answer = client(store=str(path)).get("/report")
    assert answer.status_code == 503
    assert "file is not a database" in answer.text


def test_reports_are_shown_again_while_they_are_fresh(store, monkeypatch):
    made = []
    monkeypatch.setattr(Reports, "_make", lambda self, period, source: made.append((period, source)))
    now = {"s": 1000.0}
    monkeypatch.setattr("mien.web.reports.time.monotonic", lambda: now["s"])
    reports = Reports(store)
    for after_s, count in ((0.0, 1), (4.9, 1), (0.2, 2)):
        now["s"] += after_s
        reports.get("all", None)
        assert len(made) == count
    reports.get("all", "door")
    assert made[-1] == ("all", "door")


def test_keeping_for_a_time_needs_a_store():
    with pytest.raises(InputError, match="keep_s says how long a store is kept; name one"):
        Settings(keep_s=3600.0)


def samples_in(path):
    with Store(path) as opened, opened.reading() as connection:
        return connection.execute(select(schema.samples.c.seen_s)).all()


def test_a_stream_is_watched_and_kept_whether_anybody_looks_on_or_not(stream, tmp_path, client):
    path = str(tmp_path / "audience.db")
    Store(path, create=True).close()  # as `mien serve` does
    asked = client(store=path, sources=(stream,))
    app = asked.application
    shared = app.extensions["mien"]
    warm_up(app)
    try:
        wait_for(lambda: len(samples_in(path)) >= 2)
        assert '<div id="report"' in asked.get("/report?period=today").text
    finally:
        shared.closing.set()
        for thread in threading.enumerate():
            if thread.name in ("mien-keep", "mien-source", "warm-up"):
                thread.join(PATIENCE_S)
    with Store(path) as opened:
        (session,) = read(opened).sessions
    assert (session.source, session.is_live, session.state) == (stream, True, "ended")
    assert session.thresholds is not None


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_ends_its_sessions(stream, tmp_path, number):
    path = str(tmp_path / "audience.db")
    command = [sys.executable, "-m", "mien", "serve", "--port", "0", "--store", path, "--source", stream]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, start_new_session=True) as server:
        try:
            server.stdout.readline()
            wait_for(lambda: samples_in(path) or server.poll() is not None)
            server.send_signal(number)
            _, said = server.communicate(timeout=PATIENCE_S)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
    assert (server.returncode, said) == (0, "Ctrl-C stops the server.\n")
    with Store(path) as opened:
        assert [session.state for session in read(opened).sessions] == ["ended"]


def test_a_video_that_begins_again_and_again_is_no_audience(film, tmp_path):
    path = tmp_path / "audience.db"
    source = SharedSource(str(film), Profilers(), Recordings(Settings(store=str(path))))
    assert not source.is_live
    with source.watched():
        assert source.wait(shot=0, news=0, timeout_s=PATIENCE_S) != (None, None)
    assert not path.exists()


def test_where_the_store_cannot_be_opened_the_session_goes_on(tmp_path, caplog):
    path = tmp_path / "broken.db"
    path.write_text("not a database" * 100)
    networks = Profilers().live()
    with Recordings(Settings(store=str(path))).of("door", networks) as see:
        see(None)
    assert "nothing is kept of door" in caplog.text
    assert json.dumps(path.read_text())[1:5] == "not "
