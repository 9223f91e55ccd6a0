import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

import mien
from mien.models import registry
from mien.web.blueprints import BLUEPRINTS


def test_home_leads_to_the_first_page(shared_client):
    answer = shared_client.get("/")
    assert answer.status_code == 303
    first = shared_client.get(answer.headers["Location"])
    assert first.status_code == 200


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/live", "Live"),
        ("/photo", "Photo"),
        ("/video", "Video"),
        ("/report", "Report"),
        ("/models", "Models"),
        ("/api", "API"),
    ],
)
def test_a_page_has_its_title_and_its_place_in_the_navigation(shared_client, path, title):
    text = shared_client.get(path).text
    assert f"<title>{title} · Mien</title>" in text
    assert text.count('aria-current="page"') == 1
    assert f'<a href="{path}" aria-current="page">{title}</a>' in text
    assert "not facts about a person" in text
    assert mien.__version__ in text


def test_people_are_in_the_navigation_where_there_is_a_gallery(client, shared_client, tmp_path):
    text = client(gallery=str(tmp_path / "people.db")).get("/people").text
    assert '<a href="/people" aria-current="page">People</a>' in text
    assert "<code>people.db</code>" in text
    assert "/people" not in shared_client.get("/photo").text


def test_everything_that_pages_load_is_there(client, tmp_path):
    asked = client(gallery=str(tmp_path / "people.db"))
    seen = set()
    queue = {"/live", "/photo", "/video", "/people", "/report", "/models", "/api"}
    while queue:
        path = queue.pop()
        seen.add(path)
        answer = asked.get(path)
        assert answer.status_code == 200, path
        found = re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text)
        found += [f"/static/{name}" for name in re.findall(r'from "\./([^"]+)"', answer.text)]
        queue |= set(found) - seen
    assert {"/static/base.css", "/static/photo.js", "/static/overlay.js", "/static/words.js"} <= seen


def test_scripts_have_the_type_that_browsers_run(shared_client):
    assert shared_client.get("/static/photo.js").mimetype == "text/javascript"


def test_models_shows_every_card(shared_client):
    text = shared_client.get("/models").text
    for card in registry.cards():
        assert f'id="{card.name}"' in text
        assert card.licence in text
    assert "utkface val" in text
    summaries = re.findall(r'<div class="scroll" role="region" aria-label="([^"]+)"', text)
    assert len(summaries) == len(set(summaries))  # everything measured on the same data is in one table


def test_every_blueprint_is_one_file(shared_client):
    assert set(shared_client.application.blueprints) == set(BLUEPRINTS)


def test_an_error_is_a_page_for_people_and_json_for_programs(shared_client):
    for_people = shared_client.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (for_people.status_code, for_people.mimetype) == (404, "text/html")
    assert "<h1>Not Found</h1>" in for_people.text
    for_programs = shared_client.get("/api/v1/nowhere", headers={"Accept": "text/html"})
    assert (for_programs.status_code, for_programs.mimetype) == (404, "application/problem+json")


def test_an_unforeseen_error_tells_nothing_of_the_inside(client, monkeypatch):
    asked = client()
    asked.application.testing = False
    monkeypatch.setattr("mien.web.blueprints.photo.render_template", lambda *a, **k: {}["a secret"])
    answer = asked.get("/photo", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "the server&#39;s log says more" in answer.text


def test_health_before_and_after_the_networks_are_loaded(client):
    asked = client()
    assert asked.get("/healthz").json == {"status": "ok", "version": mien.__version__, "models": "not loaded"}
    asked.application.extensions["mien"].profilers.warm_up()
    assert asked.get("/healthz").json["models"] == "ready"


def test_health_of_networks_that_cannot_be_loaded(client, tmp_path, monkeypatch):
    import importlib.resources

    asked = client()
    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path)
    with pytest.raises(mien.MienError):
        asked.application.extensions["mien"].profilers.warm_up()
    answer = asked.get("/healthz")
    assert (answer.status_code, answer.json["status"], answer.json["models"]) == (503, "failed", "failed")


def measured(client):
    """Sample → value, of all that the server counts."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}


def test_metrics_count_requests_pictures_faces_and_refusals(client, one_face, nobody):
    asked = client()
    for data in (one_face, nobody, b"not a picture"):
        asked.post("/api/v1/analyze", data=data, content_type="image/png")
    asked.get("/photo", headers={"Host": "evil.example"})
    asked.open("/photo", method="BREW")
    values = measured(asked)
    assert values["mien_http_requests_total", "200", "POST", "analyze.analyze"] == 2
    assert values["mien_http_requests_total", "422", "POST", "analyze.analyze"] == 1
    assert values["mien_http_requests_total", "405", "none", "other"] == 1
    assert [values["mien_images_total", status] for status in ("ok", "no_face", "error")] == [1, 1, 1]
    assert values["mien_faces_total",] == 1
    assert values["mien_refused_requests_total", "host"] == 1
    assert values["mien_http_request_seconds_count", "analyze.analyze"] == 3
    assert values["mien_image_seconds_count",] == 3
    assert values["mien_analyses_in_progress",] == 0
    assert values["mien_build", mien.__version__] == 1


def test_two_apps_count_apart(client):
    one, other = client(), client()
    one.get("/photo")
    assert ("mien_http_requests_total", "200", "GET", "photo.page") not in measured(other)
