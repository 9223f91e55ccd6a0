"""`register`, `search`, `identify` and `build_index`."""

import pytest

from mien.compat import deepface as DeepFace  # noqa: N812
from mien.compat.database import open_store
from mien.errors import InputError, NoFaceError, UnknownNameError
from mien.gallery.gallery import Gallery

COLUMNS = ["id", "img_name", "model_name", "aligned", "l2_normalized", "search_method"]
COLUMNS += ["target_x", "target_y", "target_w", "target_h", "threshold", "distance_metric", "distance", "confidence"]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """The arguments that say where a database is."""
    if request.param == "sqlite":
        return {"database_type": "sqlite", "connection_details": str(tmp_path / "Leute ü.db")}
    return {"database_type": "postgres", "connection_details": request.getfixturevalue("postgres_url")}


@pytest.fixture
def sqlite(tmp_path):
    return {"database_type": "sqlite", "connection_details": str(tmp_path / "people.db")}


def test_people_are_registered_found_and_identified(place, bgr, folder):
    assert DeepFace.register(str(folder / "Ada" / "1.png"), **place) == {"inserted": 1}
    assert DeepFace.register([bgr(2), bgr(3)], img_name="two others", **place) == {"inserted": 2}
    assert DeepFace.register(str(folder / "Ada" / "1.png"), **place) == {"inserted": 0}  # is there already
    DeepFace.build_index(**place)

    (table,) = DeepFace.search(bgr(1, 1), similarity_search=True, **place)
    assert list(table.columns) == COLUMNS
    assert list(table["img_name"]) == ["1.png", "two others", "two others"]
    assert table["distance"].is_monotonic_increasing
    assert set(table["search_method"]) == {"exact"}
    (row,), (first,) = DeepFace.search(
        [bgr(1, 1), bgr(2)],
        similarity_search=True,
        k=1,
        search_method="ann",
        distance_metric="euclidean",
        return_type="dict",
        **place,
    )
    assert (row["img_name"], row["search_method"], row["distance_metric"]) == ("1.png", "ann", "euclidean")
    assert first["distance"] == pytest.approx(0, abs=1e-3)
    assert row["id"] == table["id"].iloc[0]

    found = DeepFace.identify(bgr(1, 1), row["id"], **place)
    assert (found["verified"], found["img_name"], found["id"]) == (True, "1.png", row["id"])
    assert found["distance"] == pytest.approx(table["distance"].iloc[0], abs=1e-5)
    assert found["facial_areas"]["img2"] is None
    with pytest.raises(InputError, match=r"nobody in .* has the id 99"):
        DeepFace.identify(bgr(1), 99, **place)
    with pytest.raises(InputError, match="an id that search"):
        DeepFace.identify(bgr(1), "Ada", **place)


def test_only_those_within_the_threshold(sqlite, bgr):
    DeepFace.register([bgr(1), bgr(2)], img_name="people", **sqlite)
    (rows,) = DeepFace.search(bgr(1), return_type="dict", **sqlite)
    assert rows
    assert all(row["distance"] <= row["threshold"] for row in rows)
    assert all(row["confidence"] >= 51 for row in rows)


def test_it_is_a_gallery_of_miens(sqlite, folder):
    DeepFace.register(str(folder / "Bob.png"), **sqlite)
    with Gallery(sqlite["connection_details"]) as gallery:
        assert [person.name for person in gallery.people()] == ["Bob.png"]
        assert gallery.search(folder / "Bob.png").matches[0].candidates[0].similarity == pytest.approx(1, abs=1e-4)


def test_a_wall_is_nobody(sqlite, bgr, wall):
    with pytest.raises(NoFaceError):
        DeepFace.register(wall, **sqlite)
    assert DeepFace.register(wall, enforce_detection=False, **sqlite) == {"inserted": 0}
    DeepFace.register(bgr(1), **sqlite)
    (rows,) = DeepFace.search(wall, enforce_detection=False, similarity_search=True, return_type="dict", **sqlite)
    assert rows == []


def test_one_bad_picture_of_many_adds_nobody(sqlite, bgr, wall):
    with pytest.raises(NoFaceError):
        DeepFace.register([bgr(1), wall], **sqlite)
    with open_store("sqlite", sqlite["connection_details"], None, create=False) as store:
        assert store.templates() == 0


def test_where_the_environment_says(monkeypatch, tmp_path, bgr):
    monkeypatch.setenv("DEEPFACE_SQLITE_PATH", str(tmp_path / "people.db"))
    assert DeepFace.register(bgr(1), database_type="sqlite") == {"inserted": 1}
    assert (tmp_path / "people.db").exists()
    details = {"database": str(tmp_path / "people.db")}
    assert DeepFace.register(bgr(1), database_type="sqlite", connection_details=details) == {"inserted": 0}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, InputError, "nothing says where the postgres database is; .*DEEPFACE_POSTGRES_URI"),
        ({"database_type": "mongo"}, InputError, "database_type 'mongo' is not here; take 'postgres', or 'sqlite'"),
        ({"database_type": "sqlit"}, UnknownNameError, "did you mean sqlite"),
        ({"database_type": "sqlite", "connection": object()}, InputError, "give connection_details instead"),
        ({"connection_details": {"hostname": "x"}}, UnknownNameError, "connection detail 'hostname'"),
        ({"connection_details": 7}, InputError, "must be a text or a dictionary"),
        (
            {"database_type": "sqlite", "connection_details": {"path": "people.db"}},
            InputError,
            r"sqlite must be a path or \{'database': path\}, got path",
        ),
    ],
)
def test_databases_that_there_are_not(options, error, message, bgr, monkeypatch):
    monkeypatch.delenv("DEEPFACE_POSTGRES_URI", raising=False)
    for function in (DeepFace.register, DeepFace.search):
        with pytest.raises(error, match=message):
            function(bgr(1), **options)


def test_parts_of_an_address_are_put_together():
    from mien.compat.database import _place

    details = {"host": "db", "port": 5433, "dbname": "people", "user": "a b", "password": "p@ss/word"}
    assert _place("postgres", details) == "postgresql://a%20b:p%40ss%2Fword@db:5433/people"


def test_nobody_and_another_model(sqlite, bgr, tmp_path):
    with pytest.raises(InputError, match=r"nobody was registered there as yet; register\(\) somebody first"):
        DeepFace.search(bgr(1), **sqlite)
    DeepFace.register(bgr(1), **sqlite)
    with pytest.raises(InputError, match=r"holds embeddings of embedding .*, and sface .* was asked for"):
        DeepFace.register(bgr(2), model_name="SFace", **sqlite)
    with pytest.raises(UnknownNameError, match="search_method"):
        DeepFace.search(bgr(1), search_method="fast", **sqlite)
