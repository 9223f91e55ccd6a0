"""How well people keep their ids: MOTA, IDF1, id switches and the error of the number of people.

    python benchmarks/tracking.py [--video FILE --truth FILE] [--seeds 300 301 302 303] [--json FILE]

Streams are watched by the engine as `mien watch` does it, with `--appearance none` as under `--no-reidentify`.
Synthetic scenes are painted from the public-domain samples, with exact truth; a video comes with truth in the format of
the MOT Challenge. Only the ids are measured, so that of the networks that read faces those of embeddings alone run.

Two views of the same people are measured. "shown" is what an overlay shows in the moment: predicted boxes of missed
faces count, and an id that turns out to be an older one has been wrong until then. "kept" is what statistics keep:
boxes of faces that were found, ids after all merging; where that would give an id to two in a frame, the one who was
not merged has it.

With `--json` the figures are put under "tracking" into that file, such as `benchmarks/results/0.1.0.json`; the rest of
it stays.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

import mien
from mien import pipeline, samples
from mien.frames import Frame
from mien.live.engine import Engine
from mien.live.mot import MotFrame, read_mot
from mien.live.mot_metrics import MotScores, mot_scores
from mien.live.networks import LONG_SIDE_PX, Networks, load_networks
from mien.live.person import Person
from mien.live.synthetic import FPS, Scene, make_scene
from mien.live.synthetic_frames import CutOut, cut_out, render
from mien.live.track import TrackState
from mien.media.source import Source
from mien.media.sources import open_source
from mien.models import detectors, embedding
from mien.models.session import Threads

KINDS = ("crossing", "bars", "leaving", "pan")  # of the crowd's ten faces, seven would be somebody's twins
PEOPLE = ("astronaut", "obama", "biden")
NONE = "none"
SECONDS = 8.0
VIEWS = ("shown", "kept")
ALL = "all synthetic"

People = list[tuple[int, tuple[Person, ...]]]
"""Number of a frame, from 1, and who is in it."""


class Painted(Source):
    """A synthetic scene.

    Args:
        scene: what is to be seen.
        people: who are.
    """

    def __init__(self, scene: Scene, people: Sequence[CutOut]) -> None:
        super().__init__(f"{scene.kind} {scene.seed}", is_live=False)
        self._scene, self._people = scene, people
        self.fps, self.frame_count = FPS, scene.frames
        self.open()

    @property
    def is_open(self) -> bool:
        """Whether `read` can be called."""
        return self._index is not None

    def open(self) -> None:
        """From the start."""
        self._index: int | None = 0

    def read(self) -> Frame | None:
        """The next frame."""
        index = self._index
        if index is None or index == self._scene.frames:
            return None
        self._index = index + 1
        image = render(self._scene, index, self._people)
        return Frame(image=image, index=index, time_s=self._scene.time_s(index), source=self.name)

    def close(self) -> None:
        """Nothing is held."""
        self._index = None


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a video, with --truth")
    parser.add_argument("--truth", type=Path, help="its truth; the video is read as far as that goes")
    parser.add_argument("--seeds", type=int, nargs="*", default=[300, 301, 302, 303], help="of the synthetic scenes")
    parser.add_argument("--appearance", nargs="+", default=[NONE, embedding.NAME], help="none and networks' names")
    parser.add_argument(
        "--long-side", type=int, nargs="+", default=[pipeline.LONG_SIDE_PX, LONG_SIDE_PX], help="for detection"
    )
    parser.add_argument("--json", type=Path, help="put the figures under 'tracking' into this file")
    options = parser.parse_args()
    if (options.video is None) != (options.truth is None):
        parser.error("--video and --truth go together")

    rows = []
    for long_side in options.long_side:
        for appearance in options.appearance:
            networks = _networks(appearance, long_side)
            # The scenes are no larger than the smaller size, so that the others find the same in them.
            results = _synthetic(networks, options.seeds) if long_side == min(options.long_side) else {}
            if options.video is not None:
                results |= {(options.video.name, view): s for view, s in _video(networks, options).items()}
            rows += [_row(*key, appearance, long_side, scores) for key, scores in results.items()]
    _show(rows)
    if options.json:
        content = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        content["tracking"] = {"seeds": options.seeds, "figures": rows}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _networks(appearance: str, long_side: int) -> Networks:
    if appearance == NONE:
        return load_networks((), reidentify=False, long_side=long_side)
    return load_networks((), embedding=appearance, long_side=long_side)


def _synthetic(networks: Networks, seeds: Iterable[int]) -> dict[tuple[str, str], MotScores]:
    """Stream and view → scores."""
    detector = detectors.load("yunet", long_side=pipeline.LONG_SIDE_PX, threads=Threads())
    images = [mien.read_image(samples.fetch(name)) for name in PEOPLE]
    people = [cut_out(image, detector.detect(image).boxes[0]) for image in images]
    results: dict[tuple[str, str], MotScores] = {}
    for seed in seeds:
        for kind in KINDS:
            scene = make_scene(kind, seed, seconds=SECONDS)
            truth = {index + 1: scene.truth(index) for index in range(scene.frames)}
            for view, scores in _scores(Painted(scene, people), networks, truth).items():
                for stream in (kind, ALL):
                    results[stream, view] = results.get((stream, view), MotScores()) + scores
    return dict(sorted(results.items(), key=lambda item: (item[0][0] == ALL, item[0])))


def _video(networks: Networks, options: argparse.Namespace) -> dict[str, MotScores]:
    return _scores(open_source(options.video), networks, read_mot(options.truth))


def _scores(source: Source, networks: Networks, truth: dict[int, MotFrame]) -> dict[str, MotScores]:
    """View → scores of one stream, as far as the truth goes."""
    people: People = []
    known_as: dict[int, int] = {}
    with Engine(source, networks) as engine:
        for frame in engine:
            if frame.index + 1 > max(truth):
                break
            people.append((frame.index + 1, frame.people))
            merged = [event for event in frame.events if event.kind == "merged" and event.person is not None]
            known_as |= {event.details["was"]: event.person.track_id for event in merged}
    return {"shown": mot_scores(truth, _shown(people)), "kept": mot_scores(truth, _kept(people, known_as))}


def _shown(people: People) -> dict[int, MotFrame]:
    return {number: MotFrame.of((one.track_id, one.box, one.score) for one in here) for number, here in people}


def _kept(people: People, known_as: dict[int, int]) -> dict[int, MotFrame]:
    frames = {}
    for number, here in people:
        found = [one for one in here if one.state is not TrackState.COASTING]
        ids = {one.track_id for one in found}
        rows = {}
        for one in found:
            now = _latest(one.track_id, known_as)
            track_id = one.track_id if now in ids or now in rows else now
            rows[track_id] = (track_id, one.box, one.score)
        frames[number] = MotFrame.of(rows.values())
    return frames


def _latest(track_id: int, known_as: dict[int, int]) -> int:
    while track_id in known_as:
        track_id = known_as[track_id]
    return track_id


def _row(stream: str, view: str, appearance: str, long_side: int, scores: MotScores) -> dict[str, object]:
    return {
        "stream": stream,
        "appearance": appearance,
        "long_side": long_side,
        "view": view,
        "mota": scores.mota,
        "idf1": scores.idf1,
        "id_switches": scores.id_switches,
        "misses": scores.misses,
        "false_positives": scores.false_positives,
        "boxes": scores.boxes,
        "people": scores.people,
        "tracks": scores.tracks,
        "unique_count_error": scores.unique_count_error,
    }


def _show(rows: list[dict[str, object]]) -> None:
    table = Table(title=f"Tracking, Mien {mien.__version__}")
    for name in rows[0]:
        table.add_column(
            name.replace("_", " "), justify="left" if name in ("stream", "appearance", "view") else "right"
        )
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
