import re

import pytest

from mien.web.guard import OPEN_ENDPOINTS

TOKEN = "the right token, long enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_every_answer_carries_the_headers(shared_client):
    for path in ("/photo", "/healthz", "/static/base.css", "/no-such-page", "/api/v1/openapi.json"):
        headers = shared_client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert policy["frame-ancestors"] == "'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


def test_nothing_but_static_files_is_kept_by_browsers(shared_client):
    assert shared_client.get("/photo").headers["Cache-Control"] == "no-store"
    assert shared_client.get("/api/v1/openapi.json").headers["Cache-Control"] == "no-store"
    static = shared_client.get("/static/base.css")
    assert static.headers["Cache-Control"] == "no-cache"
    assert shared_client.get("/static/base.css", headers={"If-None-Match": static.headers["ETag"]}).status_code == 304


def routes(app):
    """Every route that needs no argument, with one method of it."""
    for rule in app.url_map.iter_rules():
        if not rule.arguments:
            yield rule.endpoint, rule.rule, "POST" if "POST" in rule.methods else "GET"


def test_every_route_wants_the_token_but_the_few_that_are_open(client):
    asked = client(token=TOKEN)
    closed = []
    for endpoint, path, method in routes(asked.application):
        answer = asked.open(path, method=method, headers={"Accept": "application/json"})
        if endpoint in OPEN_ENDPOINTS:
            assert answer.status_code in (200, 401), path  # 401: the form without a token
        else:
            closed.append(endpoint)
            assert answer.status_code == 401, path
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mien"'
    assert {"analyze.analyze", "metrics.metrics", "photo.page", "models.page", "api.openapi"} <= set(closed)
    assert asked.get("/no-such-page").status_code == 401


def test_static_files_are_open_and_nothing_else_is_reached_through_them(client):
    asked = client(token=TOKEN)
    assert asked.get("/static/base.css").status_code == 200
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%5capp.py", "/static//etc/passwd"):
        assert asked.get(path).status_code in (401, 404), path


def test_the_token_in_a_header(client):
    asked = client(token=TOKEN)
    assert asked.get("/metrics", headers=BEARER).status_code == 200
    assert asked.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert asked.get(f"/metrics?token={TOKEN}").status_code == 401


def test_a_browser_without_the_cookie_is_led_to_the_form(client):
    asked = client(token=TOKEN)
    answer = asked.get("/photo", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/enter")


def test_entering_gives_a_cookie_that_scripts_and_other_sites_cannot_use(client):
    asked = client(token=TOKEN, port=8461)
    answer = asked.post("/enter", data={"token": TOKEN}, headers={"Origin": "http://localhost"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("mien-8461=")
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert asked.get("/photo").status_code == 200


def test_over_https_the_cookie_is_for_https_only(client):
    answer = client(token=TOKEN, tls=True).post("/enter", data={"token": TOKEN})
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def test_a_wrong_token_in_the_form(client):
    asked = client(token=TOKEN, wrong_tokens_per_minute=2)
    answers = [asked.post("/enter", data={"token": "wrong"}) for _ in range(100)]
    assert [answer.status_code for answer in answers] == [401, 401] + [429] * 98
    assert "a wrong token" in answers[0].text
    assert "too many wrong tokens" in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "Set-Cookie" not in answers[-1].headers
    assert asked.get("/healthz").status_code == 200


def test_without_a_token_the_form_leads_on(shared_client):
    assert shared_client.get("/enter").headers["Location"] == "/"


def test_another_host(shared_client):
    answer = shared_client.get("/photo", headers={"Host": "evil.example", "Accept": "text/html"})
    assert answer.status_code == 403
    assert "evil.example" in answer.text
    assert "--allow-host" in answer.text


def test_a_host_that_the_operator_names(client):
    assert client(hosts=("faces.example.org",)).get("/photo", headers={"Host": "faces.example.org"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
def test_another_pages_request(shared_client, nobody, origin):
    answer = shared_client.post(
        "/api/v1/analyze", data=nobody, content_type="image/png", headers={"Origin": origin, "Host": "localhost"}
    )
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert origin in answer.json["got"]


def test_another_pages_websocket(shared_client):
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "http://evil.example"}
    assert shared_client.get("/api/v1/anything", headers=headers).status_code == 403


def test_requests_too_fast(client, nobody):
    asked = client(requests_per_s=0.001, burst=2)
    answers = [asked.post("/api/v1/analyze", data=b"", content_type="image/png") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert int(answers[-1].headers["Retry-After"]) > 100
    assert asked.get("/photo").status_code == 200


def test_pages_hold_no_inline_script_or_style(shared_client):
    for path in ("/live", "/photo", "/video", "/report", "/models", "/api", "/no-such-page"):
        text = shared_client.get(path, headers={"Accept": "text/html"}).text
        assert re.findall(r"<script(?![^>]* src=)", text) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css|woff2?)"', text) == []
