"""A small data set of drawn faces with broken files in it, one finished run over it, and runs without any networks."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien.dataset.counts import Counts
from mien.dataset.manifest import decisions
from mien.dataset.part import FACES, FILES, write_tables
from mien.dataset.place import open_place
from mien.dataset.plan import Plan
from mien.dataset.run import profile_dataset
from mien.dataset.settings import Settings
from mien.dataset.source import open_source
from mien.vocabulary import EMOTIONS, GENDERS, RACES, age_group

PART_SIZE = 3


@pytest.fixture(scope="session")
def pictures(tmp_path_factory, draw_faces):
    """A folder of ten files: one face, two, nobody, and three in ten broken."""
    folder = tmp_path_factory.mktemp("data") / "pictures"
    (folder / "deeper").mkdir(parents=True)
    one, two = draw_faces(240, 320, [(160, 120, 150)]), draw_faces(240, 480, [(120, 120, 150), (360, 120, 150)])
    images = {"a.png": one, "b.png": two, "c.png": np.full((90, 120, 3), 128, np.uint8), "d.png": one}
    images |= {"deeper/e.png": two[:, ::-1], "deeper/f.png": one[::-1], "deeper/g.jpg": one}
    for name, image in images.items():
        Image.fromarray(image).save(folder / name)
    (folder / "h.jpg").write_bytes(b"")
    (folder / "i.jpg").write_bytes(b"no picture at all")
    (folder / "j.png").write_bytes((folder / "a.png").read_bytes()[:500])
    (folder / "notes.txt").write_text("no picture's ending")
    (folder / ".hidden.png").write_bytes(b"")
    return folder


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, pictures):
    """The folder of a run over them, in parts of three."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    profile_dataset(open_source(pictures), out, part_size=PART_SIZE, workers=2)
    return out


@pytest.fixture
def same_tables():
    """`same_tables(a, b)`: fails where the tables of two runs differ in a single byte."""

    def check(one, other):
        for table in (FACES, FILES):
            names = sorted(path.name for path in (one / table).iterdir())
            assert names == sorted(path.name for path in (other / table).iterdir())
            for name in names:
                assert (one / table / name).read_bytes() == (other / table / name).read_bytes(), f"{table}/{name}"

    return check


@pytest.fixture
def made_run(tmp_path):
    """`made_run(pictures, …)`: the folder of a run with given people in it; each picture is a list of faces.

    A face is a dictionary of `gender`, `race`, `emotion` (labels, taken as certain) and `age`; None is a broken file.
    Runs with the same `names` are over the same pictures.
    """
    numbers = itertools.count()

    def make(pictures, *, kept=None, part_size=50, done=None, names=None):
        number = next(numbers)
        out = open_place(tmp_path / f"run-{number}")
        keep = () if kept is None else ("group",)
        plan = Plan(pictures=len(pictures), part_size=part_size, sha256=names or str(number))
        blank = decisions(settings=Settings.of(), source={"kind": "folder"}, keep=keep, sample=None, seed=0)
        manifest = replace(blank, plan=plan)
        for folder in (out, out.child(FACES), out.child(FILES)):
            folder.make()
        counts = Counts()
        for part in range(plan.parts) if done is None else range(done):
            files, faces = [], []
            for place in range(part * part_size, min((part + 1) * part_size, len(pictures))):
                cells = {} if kept is None else {"input_group": kept[place]}
                people = pictures[place]
                status = "error" if people is None else "ok" if people else "no_face"
                shared = {"input": place, "path": f"{place}.jpg", **cells}
                files.append({**shared, "status": status, "faces": len(people or ())})
                faces += ({**shared, "face": i + 1, **_row(**face)} for i, face in enumerate(people or ()))
            counts += write_tables(
                out,
                part,
                run=manifest.run,
                attributes=manifest.settings.attributes,
                keep=keep,
                files=files,
                faces=faces,
            )
        replace(manifest, counts=counts if done is None else None).write(out)
        return out

    return make


def _row(gender=None, race=None, emotion=None, age=None, quality=0.9, reasons="", unsure=""):
    row = {"age": age, "age_group": None if age is None else age_group(age), "quality": quality}
    row |= {"quality_reasons": reasons, "unsure": unsure}
    for name, value, labels in (("gender", gender, GENDERS), ("race", race, RACES), ("emotion", emotion, EMOTIONS)):
        if value is not None:
            row |= {f"{name}_{label}": float(label == value) for label in labels}
    return row
