"""Runs one of the two libraries, in a Python of its own, for `benchmarks/deepface.py`.

    python -P benchmarks/deepface_worker.py {mien|deepface} TASK.json

TASK.json names the model, the detector, pairs of picture files, photos, how often to time each thing, and a folder.
Written to standard output: what each pair gave, and milliseconds.
"""

import json
import shutil
import sys
import time
from pathlib import Path


def main() -> None:
    """Import, warm up, measure, and print JSON."""
    library, task = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    began = time.perf_counter()
    if library == "mien":
        from mien.compat import deepface as DeepFace  # noqa: N812
    else:
        from deepface import DeepFace
    told = {"import_ms": (time.perf_counter() - began) * 1000}
    how = {"model_name": task["model"], "detector_backend": task["detector"], "enforce_detection": False}
    began = time.perf_counter()
    first, second = task["photos"][:2]
    DeepFace.verify(first, second, **how)
    told["first_ms"] = (time.perf_counter() - began) * 1000
    told["verify_ms"], told["extract_ms"] = [], []
    for _ in range(task["runs"]):
        began = time.perf_counter()
        DeepFace.verify(first, second, **how)
        told["verify_ms"].append((time.perf_counter() - began) * 1000)
        for photo in task["photos"]:
            began = time.perf_counter()
            DeepFace.extract_faces(photo, detector_backend=task["detector"])
            told["extract_ms"].append((time.perf_counter() - began) * 1000)
    told["pairs"] = []
    for pair in task["pairs"]:
        found = DeepFace.verify(*pair, **how)
        told["pairs"].append([bool(found["verified"]), float(found["distance"])])
    folder = Path(task["work"]) / library
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(task["folder"], folder)
    for name in ("find_first_ms", "find_again_ms"):
        began = time.perf_counter()
        DeepFace.find(first, str(folder), silent=True, **how)
        told[name] = (time.perf_counter() - began) * 1000
    print(json.dumps(told))


if __name__ == "__main__":
    main()
