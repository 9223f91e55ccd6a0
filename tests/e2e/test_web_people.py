"""The People page in a real browser: people enrolled with consent, found, renamed, merged and forgotten."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mien.gallery.enrolment import Rules
from mien.gallery.gallery import Gallery
from mien.gallery.records import ModelId, NewTemplate
from mien.media.images import read_image

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def files(tmp_path_factory, draw_person):
    """`files(seed, shot)`: a photo of a drawn person; and `files("both")`, `files("nobody")`, `files("text")`."""
    folder = tmp_path_factory.mktemp("photos")

    def make(what, shot=0):
        path = folder / f"{what}-{shot}.jpg"
        if what == "text":
            path.write_bytes(b"no picture at all")
        else:
            image = {
                "both": lambda: np.hstack([draw_person(2), draw_person(5)]),
                "nobody": lambda: np.full((300, 300, 3), 128, np.uint8),
            }.get(what, lambda: draw_person(what, shot))()
            Image.fromarray(image).save(path, quality=95)
        return path

    return make


@pytest.fixture(scope="module")
def shared(serve, tmp_path_factory):
    """A server, and its gallery's file."""
    place = tmp_path_factory.mktemp("gallery") / "people.db"
    with serve("--gallery", place) as server:
        yield server, place


@pytest.fixture
def empty(shared):
    """The same, with nobody in the gallery."""
    with Gallery(shared[1]) as opened:
        for person in opened.people():
            opened.forget(person.id)
    return shared


@pytest.fixture
def enrolled(empty, open_page, files):
    """The page of a server that knows Ada and Eve, and the gallery's file."""
    server, place = empty
    with Gallery(place) as opened:
        for name, seed in (("Ada", 2), ("Eve", 5)):
            opened.enrol(name, read_image(files(seed)), rules=Rules(allow_lookalikes=True, keep_crops=True))
    page = open_page(f"{server.url}/people")
    listed(page, "Ada", "Eve")
    return page, place


def enrol(page, name, *photos, options=(), told=None):
    """By mouse, until `told` is told, or the name; the drawn faces are all much alike."""
    page.set_input_files("#enrol-file", photos)
    page.locator("#enrol-photos li").nth(len(photos) - 1).wait_for()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("This person has agreed to be enrolled").check()
    for option in options:
        page.locator(f"#enrol [name={option}]").check(force=True)
    page.get_by_role("button", name="Enrol", exact=True).click()
    page.locator("#enrol-status", has_text=told or name).wait_for()


def people(place):
    with Gallery(place) as opened:
        return {person.name: person for person in opened.people()}


def listed(page, *names):
    """Waits until the page shows these people."""
    page.wait_for_function(
        "names => JSON.stringify([...document.querySelectorAll('#members h3')].map(one => one.textContent)) === names",
        arg=json.dumps(list(names), separators=(",", ":"), ensure_ascii=False),
    )


def act(page, what, name):
    page.get_by_role("button", name=f"{what} {name}", exact=True).click()
    return page.locator("dialog[open]")


def test_nothing_is_sent_before_the_consent_is_given(empty, open_page, files):
    server, place = empty
    page = open_page(f"{server.url}/people")
    page.get_by_text("Nobody is enrolled yet.").wait_for()
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    send, missing = page.get_by_role("button", name="Enrol", exact=True), page.locator("#enrol-missing")
    assert missing.inner_text() == "Still missing: a photo, a name, the consent."
    page.set_input_files("#enrol-file", files(2))
    page.locator("#enrol-photos li").wait_for()
    page.get_by_label("Name", exact=True).fill("Ada")
    assert missing.inner_text() == "Still missing: the consent."
    assert send.is_disabled()
    page.keyboard.press("Enter")
    assert [url for method, url in sent if method != "GET"] == []
    assert people(place) == {}
    page.get_by_label("This person has agreed to be enrolled").check()
    page.get_by_label("How they agreed").fill("signed the form")
    page.locator("#enrol [name=allow_lookalikes]").check(force=True)
    send.click()
    page.locator("#enrol-status", has_text="Ada is enrolled, with 1 template.").wait_for()
    listed(page, "Ada")
    assert people(place)["Ada"].consent.startswith("signed the form (box ticked on the page People, 20")
    assert not page.get_by_label("This person has agreed to be enrolled").is_checked()  # the next one has not agreed


def test_by_keyboard_alone(empty, open_page, files):
    server, place = empty
    page = open_page(f"{server.url}/people")
    page.get_by_text("Nobody is enrolled yet.").wait_for()
    page.on("filechooser", lambda chooser: None)  # from now on: a key may be faster than the request for its event

    def tab_to(identifier):
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == identifier:
                return
        pytest.fail(f"Tab does not lead to {identifier}")

    tab_to("enrol-choose")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([files(2), files(2, 1)])
    page.locator("#enrol-photos li").nth(1).wait_for()
    tab_to("enrol-name")
    page.keyboard.type("Ada Lovelace")
    tab_to("enrol-consent")
    page.keyboard.press("Space")
    tab_to("enrol-send")
    page.keyboard.press("Enter")
    page.locator("#enrol-status", has_text="Ada Lovelace is enrolled, with 2 templates.").wait_for()
    listed(page, "Ada Lovelace")
    page.get_by_role("button", name="Forget Ada Lovelace").focus()
    page.keyboard.press("Enter")
    page.locator("#forget[open]").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Cancel"  # Enter by mistake removes nobody
    page.keyboard.press("Enter")
    page.locator("#forget").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.ariaLabel") == "Forget Ada Lovelace"
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#receipt").wait_for()
    assert page.evaluate("document.activeElement.id") == "receipt-title"
    page.keyboard.press("Escape")
    page.get_by_text("Nobody is enrolled yet.").wait_for()
    page.wait_for_function("document.activeElement.id === 'members-title'")
    assert people(place) == {}


def test_refusals_are_told_photo_by_photo(enrolled, files):
    page, place = enrolled
    enrol(page, "Eve", files("both"), files("nobody"), files("text"), files(5), files(2), told="not enrolled")
    told = page.locator("#enrol-status").inner_text()
    assert told == "4 photos were not enrolled; the reason is told beside it."
    assert page.locator("#enrol-photos .called").all_inner_texts() == [
        "both-0.jpg",
        "nobody-0.jpg",
        "text-0.jpg",
        "2-0.jpg",
    ]
    reasons = page.locator("#enrol-photos p:not(.called)").all_inner_texts()
    assert reasons[0] == "refused 2 faces; crop it to one, or take the largest"
    assert reasons[1] == "refused no face found"
    assert reasons[2].startswith("not read not a picture; it begins with b'no pictu'")
    assert reasons[3] == "refused the same photo is enrolled as 'Ada'; one face, one name"
    assert people(place)["Eve"].templates == 1
    page.get_by_role("button", name="Remove nobody-0.jpg").click()
    assert page.locator("#enrol-photos li").count() == 3


def test_search_names_who_is_known_and_nobody_else(enrolled, files):
    page, _ = enrolled
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a photo").click()
    chooser.value.set_files(files("both"))
    page.locator("#status", has_text="In the photo:").wait_for()
    assert sorted(page.locator("#matches h3 span:last-child").all_inner_texts()) == ["Ada", "Eve"]
    evidence = page.locator("#matches li", has_text="Ada").first
    terms = evidence.locator("dt").all_inner_texts()
    assert terms == ["similarity", "strangers so alike", "runner-up", "lead", "compared with"]
    values = dict(zip(terms, evidence.locator("dd").all_inner_texts(), strict=True))
    similarity, wanted = map(float, values["similarity"].split("; wanted "))
    assert similarity > wanted
    assert values["strangers so alike"].endswith("; allowed 1 in 100")
    assert values["runner-up"].startswith("Eve, 0.")
    assert values["compared with"] == "2 templates"
    assert evidence.locator("img.portrait").evaluate("image => image.decode().then(() => image.naturalWidth)") > 50
    page.get_by_label("Strangers who may be named").select_option("0.0001")
    page.locator("#matches dd", has_text="allowed 1 in 10,000").first.wait_for()
    page.set_input_files("#file", files(11))
    page.locator("#status", has_text="In the photo: 1 unknown.").wait_for()
    stranger = page.locator("#matches li")
    assert stranger.locator("p").inner_text() == "Nobody in the gallery is alike enough."
    assert stranger.locator("dt").first.inner_text() == "most alike"
    page.set_input_files("#file", files("nobody"))
    page.locator("#status", has_text="No face was found.").wait_for()
    page.set_input_files("#file", files("text"))
    page.locator("#problem", has_text="This cannot be read as a photo: not a picture").wait_for()


def test_boxes_stay_on_the_faces_where_the_page_becomes_narrower(enrolled, files):
    page, _ = enrolled
    page.set_input_files("#file", files(2))
    page.locator("#matches li").wait_for()
    place = "id => document.getElementById(id).offsetLeft"
    before = page.evaluate(place, "picture")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(place, "picture") < before - 50
    page.wait_for_function("overlay.offsetLeft === picture.offsetLeft && overlay.offsetWidth === picture.offsetWidth")


def give(page, selector, path, kind):
    """What the browser does when a file is dropped on an element, or pasted while it has the focus."""
    script = """([selector, kind, name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/jpeg"}));
        const options = {bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data};
        for (const one of kind === "drop" ? ["dragenter", "dragover", "drop"] : ["paste"]) {
            const Kind = kind === "drop" ? DragEvent : ClipboardEvent;
            document.querySelector(selector).dispatchEvent(new Kind(one, options));
        }
    }"""
    page.evaluate(script, [selector, kind, path.name, list(path.read_bytes())])


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_what_is_dropped_or_pasted_goes_where_it_was(enrolled, files, kind):
    page, _ = enrolled
    give(page, "#enrol-name", files(20), kind)
    page.locator("#enrol-photos li").wait_for()
    assert page.locator("#enrol-photos .called").all_inner_texts() == ["20-0.jpg"]
    assert page.locator("#result").is_hidden()
    give(page, "#members-title", files(2), kind)
    page.locator("#status", has_text="In the photo: Ada.").wait_for()
    assert page.locator("#enrol-photos li").count() == 1
    assert page.locator(".drop.over").count() == 0


def test_pictures_of_the_camera_go_where_it_was_asked_for(empty, open_page):
    server, _ = empty
    page = open_page(f"{server.url}/people", permissions=["camera"])
    page.locator("#enrol-take").click()
    page.locator("#shoot:enabled").click()
    page.locator("#enrol-photos .called", has_text="camera.jpg").wait_for()
    page.locator("#take").click()
    page.locator("#shoot:enabled").click()
    page.locator("#status", has_text="No face was found.").wait_for()  # Chromium's own camera shows a clock
    assert page.locator("#enrol-photos li").count() == 1


def test_renaming_and_merging(enrolled):
    page, place = enrolled
    before = people(place)
    dialog = act(page, "Rename", "Ada")
    dialog.get_by_label("New name").fill("eve")
    dialog.get_by_role("button", name="Rename").click()
    dialog.get_by_role("alert").filter(has_text="'eve' is somebody else's name. If both are one person").wait_for()
    dialog.get_by_label("New name").fill("Zoë/👩‍🚀")
    page.keyboard.press("Enter")
    listed(page, "Eve", "Zoë/👩‍🚀")
    page.wait_for_function("document.activeElement.ariaLabel === 'Rename Zoë/👩‍🚀'")
    assert people(place)["Zoë/👩‍🚀"].id == before["Ada"].id
    dialog = act(page, "Merge", "Zoë/👩‍🚀")
    assert dialog.locator("option").all_inner_texts() == ["Eve"]
    dialog.get_by_role("button", name="Merge").click()
    listed(page, "Eve")
    page.locator("#members-told", has_text="Eve has 2 templates now.").wait_for()
    (person,) = people(place).values()
    assert (person.id, person.templates) == (before["Eve"].id, 2)
    assert page.get_by_role("button", name="Merge Eve").is_disabled()


def test_forgetting_gives_a_receipt(enrolled):
    page, place = enrolled
    person = people(place)["Ada"]
    dialog = act(page, "Forget", "Ada")
    assert "1 template, 1 picture of the face, the name" in dialog.locator("#forget-what").inner_text()
    dialog.get_by_role("button", name="Cancel").click()
    assert set(people(place)) == {"Ada", "Eve"}
    dialog = act(page, "Forget", "Ada")
    dialog.get_by_role("button", name="Forget for good").click()
    dialog.locator("#receipt").wait_for()
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download the receipt").click()
    assert download.value.suggested_filename == f"receipt-{person.id}.json"
    with open(download.value.path(), encoding="utf-8") as stream:  # noqa: PTH123
        receipt = json.load(stream)
    assert (receipt["person_id"], receipt["name"], receipt["templates"], receipt["crops"]) == (person.id, "Ada", 1, 1)
    assert dialog.locator("dd").all_inner_texts()[-1] == receipt["sha256"]
    dialog.get_by_role("button", name="Done").click()
    listed(page, "Eve")
    assert set(people(place)) == {"Eve"}


def test_two_browsers_and_one_gallery(enrolled, open_page, files):
    page, place = enrolled
    other = open_page(page.url)
    listed(other, "Ada", "Eve")
    enrol(other, "Zoe", files(20), options=("allow_lookalikes",))
    enrol(page, "Kim", files(11), options=("allow_lookalikes",))
    listed(page, "Ada", "Eve", "Kim", "Zoe")
    act(other, "Forget", "Ada").get_by_role("button", name="Forget for good").click()
    other.locator("#receipt").wait_for()
    dialog = act(page, "Rename", "Ada")
    dialog.get_by_label("New name").fill("Ada L.")
    dialog.get_by_role("button", name="Rename").click()
    dialog.get_by_role("alert").filter(has_text="Nobody is called 'p_").wait_for()
    assert set(people(place)) == {"Eve", "Kim", "Zoe"}


def test_many_people_are_found_by_name(empty, open_page):
    server, place = empty
    with Gallery(place) as opened, opened.store.database.writing():
        for number in range(250):
            opened.store.add_person(f"Person {number:03}")
    page = open_page(f"{server.url}/people")
    page.locator("#members-count", has_text="250 people; the first 200 are shown").wait_for()
    assert page.locator("#members li").count() == 200
    page.get_by_label("Find").fill("son 24")
    page.locator("#members-count", has_text="10 of 250 people").wait_for()
    assert page.locator("#members li").count() == 10


def test_the_server_has_gone(serve, open_page, files, tmp_path):
    with serve("--gallery", tmp_path / "people.db") as mortal:
        page = open_page(f"{mortal.url}/people")
        page.get_by_text("Nobody is enrolled yet.").wait_for()
        mortal.stop()
        page.set_input_files("#file", files(2))
        page.locator("#problem", has_text="The server does not answer. Is mien serve still running?").wait_for()
        page.set_input_files("#enrol-file", files(2))
        page.get_by_label("Name", exact=True).fill("Ada")
        page.get_by_label("This person has agreed to be enrolled").check()
        page.get_by_role("button", name="Enrol", exact=True).click()
        page.locator("#enrol-problem", has_text="The server does not answer.").wait_for()
        assert page.get_by_role("button", name="Enrol", exact=True).is_enabled()


def test_nothing_is_wider_than_a_phone(empty, open_page, files):
    server, _ = empty
    page = open_page(f"{server.url}/people", **PHONE)
    enrol(page, "x" * 200, files(2), options=("keep_crops",))
    listed(page, "x" * 200)
    page.set_input_files("#file", files("both"))
    page.locator("#matches li").nth(1).wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    act(page, "Forget", "x" * 200).wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360


def test_a_gallery_of_another_network_is_refused_at_the_start(tmp_path):
    place = tmp_path / "people.db"
    with Gallery(place) as opened, opened.store.database.writing():
        template = NewTemplate(vector=np.eye(1, 128, dtype=np.float32)[0], quality=1.0, photo="a", photo_sha256="a")
        opened.store.add_template(opened.store.add_person("Ada"), template, ModelId("sface", "0" * 64))
    command = [sys.executable, "-m", "mien", "serve", "--port", "0", "--gallery", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "holds templates of sface 00000000" in done.stderr
    assert "mien gallery re-embed --embedding sface" in done.stderr
