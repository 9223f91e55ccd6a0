"""Bringing a gallery over to another network, which here is a file of the same task with other weights."""

from __future__ import annotations

import hashlib
import importlib.resources

import numpy as np
import pytest
from PIL import Image

from mien.errors import GalleryError, OtherModelError, UnknownNameError
from mien.gallery import crops
from mien.gallery.enrolment import Rules
from mien.gallery.face_reader import FaceReader
from mien.gallery.gallery import Gallery
from mien.gallery.records import ModelId
from mien.models.embedding import embedding_stage
from mien.models.weights import packaged_folder

KEPT = Rules(allow_lookalikes=True, keep_crops=True)


@pytest.fixture
def newer_network(tmp_path, monkeypatch, tiny_network):
    """`newer_network()`: from then on the network `embedding` is another file."""

    def install():
        folder = tmp_path / "installation" / "weights"
        folder.mkdir(parents=True)
        for path in packaged_folder().iterdir():
            (folder / path.name).symlink_to(path)
        data, card = tiny_network("embedding", {"embedding": np.arange(128) - 60.0}, template="arcface")
        for name, content in ((card.file, data), ("embedding.json", card.to_json().encode())):
            (folder / name).unlink()
            (folder / name).write_bytes(content)
        files = importlib.resources.files
        monkeypatch.setattr(importlib.resources, "files", lambda name: folder.parent if name == "mien" else files(name))
        return ModelId("embedding", hashlib.sha256(data).hexdigest())

    return install


def test_a_crop_gives_nearly_the_photos_embedding(draw_person):
    large = np.asarray(Image.fromarray(draw_person(2)).resize((1500, 1500)))
    stage = embedding_stage("embedding")
    for image in (draw_person(2), large):
        faces = FaceReader("embedding").faces(image)
        crop = crops.cut(image, faces[0])
        assert float(crops.embed(crop, stage) @ faces[0].embedding) > 0.99


def test_a_face_at_the_edge_is_cut_there(draw_person):
    image = np.ascontiguousarray(draw_person(2)[60:])
    face = FaceReader("embedding").faces(image)[0]
    assert float(crops.embed(crops.cut(image, face), embedding_stage("embedding")) @ face.embedding) > 0.98


def test_all_templates_are_of_the_new_network(place, draw_person, newer_network):
    with Gallery(place) as gallery:
        for name, seed in (("Ada", 2), ("Eve", 5)):
            gallery.enrol(name, draw_person(seed), rules=KEPT)
        gallery.set_calibration(gallery.calibration)
        model = newer_network()
    with Gallery(place) as gallery:
        with pytest.raises(OtherModelError, match="re-embed --embedding embedding"):
            gallery.search(draw_person(2))
        told = []
        done = gallery.re_embed("embedding", progress=lambda: told.append(1))
        assert (done.model, done.templates, done.dropped, len(told)) == (model, 2, 0, 2)
        assert gallery.templates("Ada")[0].model == gallery.model == model
        wanted = (np.arange(128) - 60.0) / np.linalg.norm(np.arange(128) - 60.0)
        np.testing.assert_allclose(gallery.store.vector(1), wanted, atol=1e-6)
        assert gallery.store.calibration() is None


def test_templates_without_a_crop_are_an_error_or_dropped(place, draw_person, newer_network):
    with Gallery(place) as gallery:
        gallery.enrol("Ada", draw_person(2), rules=KEPT)
        gallery.enrol("Eve", draw_person(5), rules=Rules(allow_lookalikes=True))
        old = gallery.model
        newer_network()
        with pytest.raises(
            GalleryError, match=r"1 of 2 templates in .* have no crop to embed anew; drop these with --drop"
        ):
            gallery.re_embed("embedding")
        assert gallery.templates("Ada")[0].model == old
        assert gallery.store.templates() == 2
        done = gallery.re_embed("embedding", drop=True)
        assert (done.templates, done.dropped) == (1, 1)
        assert [person.name for person in gallery.people()] == ["Ada"]
        assert gallery.store.templates() == 1


def test_a_network_that_there_is_not(sqlite_gallery):
    with pytest.raises(UnknownNameError, match="unknown embedding 'sfaze'"):
        sqlite_gallery.re_embed("sfaze")
