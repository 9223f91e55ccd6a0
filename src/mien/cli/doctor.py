"""`mien doctor`: what this machine and installation are like, and what is wrong with them."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mien.errors import InputError, MienError, ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Value = str | int | bool

_MODULES: Final = {"numpy": "numpy", "opencv-python-headless": "cv2", "onnxruntime": "onnxruntime", "pillow": "PIL"}
_EXTRAS: Final = {
    "pyarrow": "data",
    "pandas": "data",
    "matplotlib": "report",
    "sqlalchemy": "store",
    "faiss-cpu": "gallery",
    "psycopg": "postgres",
    "ray": "ray",
    "fsspec": "ray",
    "torch": "train",
    "onnx": "train",
    "flask": "web",
    "flask-sock": "web",
    "simple-websocket": "web",
    "prometheus-client": "web",
    "cryptography": "web",
    **({} if sys.platform == "win32" else {"gunicorn": "web"}),
}
_FLAGS: Final = ("avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "amx_bf16", "asimddp", "i8mm")
_DRAWING: Final = (  # x, y from the centre, half width, half height, RGB
    (0, -13, 77, 101, (60, 40, 30)),  # hair
    (0, 0, 63, 86, (224, 178, 150)),  # face
    *((x, -19, 15, 9, (190, 140, 115)) for x in (-26, 26)),  # eye sockets
    *((x, -17, 11, 6, (245, 240, 235)) for x in (-26, 26)),  # eyes
    *((x, -17, 5, 5, (40, 25, 20)) for x in (-26, 26)),  # pupils
    *((x, -32, 17, 4, (70, 45, 30)) for x in (-26, 26)),  # brows
    (0, 4, 6, 21, (235, 195, 170)),  # nose
    (0, 22, 12, 6, (190, 135, 110)),  # nostrils
    (0, 46, 23, 8, (175, 80, 80)),  # lips
    (0, 45, 21, 2, (110, 40, 45)),  # mouth
)
_CPUINFO: Final = Path("/proc/cpuinfo")
_UNKNOWN_FOLDER: Final = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        topic: the section that it belongs to.
        name: what was looked at.
        value: what was found.
        problem: what is wrong with it, and the remedy; None where nothing is.
    """

    topic: str
    name: str
    value: Value
    problem: str | None = None


@click.command(epilog="Example:  mien doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(as_json: bool) -> None:
    """Report versions, CPU, threads, cache folder and weights, and try the default detector.

    Exit status: 1 if something is wrong; each problem is named with its remedy.
    """
    findings = list(_examine())
    problems = [finding for finding in findings if finding.problem]
    if as_json:
        report: dict[str, object] = {}
        for topic in dict.fromkeys(finding.topic for finding in findings):
            report[topic] = {
                finding.name.replace(" ", "_"): finding.value for finding in findings if finding.topic == topic
            }
        report["problems"] = [finding.problem for finding in problems]
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _print(findings)
    for finding in problems:
        click.echo(f"mien: error: {finding.problem}", err=True)
    if problems:
        raise SystemExit(1)


def _examine() -> Iterator[Finding]:
    yield from _python()
    imported = list(_modules())
    yield from imported
    yield from _extras()
    yield from _cpu()
    cache = list(_cache())
    yield from cache
    if any(finding.problem for finding in imported) or cache[-1].value == _UNKNOWN_FOLDER:
        return  # nothing below runs without them
    yield from _threads()
    yield from _weights()
    yield from _self_check()


def _python() -> Iterator[Finding]:
    yield Finding("versions", "mien", importlib.metadata.version("mien"))
    yield Finding("versions", "python", platform.python_version())
    yield Finding("versions", "system", platform.platform())


def _modules() -> Iterator[Finding]:
    for distribution, module in _MODULES.items():
        try:
            version = importlib.import_module(module).__version__
        except ImportError as error:
            problem = f"{module} cannot be imported ({error}); run: pip install --force-reinstall {distribution}"
            yield Finding("versions", module, "cannot be imported", problem)
        else:
            yield Finding("versions", module, version)


def _extras() -> Iterator[Finding]:
    for distribution, extra in _EXTRAS.items():
        try:
            version = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            version = f"not installed: pip install 'mien[{extra}]'"
        yield Finding("extras", distribution, version)


def _cpu() -> Iterator[Finding]:
    described = cpu_description(_CPUINFO.read_text(encoding="utf-8", errors="replace") if _CPUINFO.exists() else "")
    yield Finding("cpu", "model", described.get("model name") or platform.processor() or "unknown")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("cpu", "cores usable", usable or "unknown")
    flags = described.get("flags") or described.get("Features")
    present = set(flags.split()) if flags else set()
    yield Finding("cpu", "flags", " ".join(flag for flag in _FLAGS if flag in present) if flags else "unknown")


def cpu_description(text: str) -> dict[str, str]:
    r"""The fields of the first processor in the text of /proc/cpuinfo.

    >>> cpu_description("processor : 0\nmodel name\t: Some CPU\n\nprocessor : 1\nmodel name\t: Another\n")
    {'processor': '0', 'model name': 'Some CPU'}
    """
    first = text.strip().split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _cache() -> Iterator[Finding]:
    from mien.models import weights

    try:
        folder = weights.cache_folder()
    except InputError as error:
        yield Finding("cache", "folder", _UNKNOWN_FOLDER, str(error))
        return
    yield Finding("cache", "folder", str(folder))
    probe = folder / f".doctor-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        problem = (
            f"cannot write to the cache folder {folder} ({error.strerror}); give rights there, or set MIEN_CACHE "
            "to another folder"
        )
        yield Finding("cache", "writable", False, problem)
    else:
        yield Finding("cache", "writable", True)
    yield Finding("cache", "downloads", "forbidden by MIEN_OFFLINE" if weights.is_offline() else "allowed")


def _threads() -> Iterator[Finding]:
    import cv2

    from mien.models.session import Threads

    yield Finding("threads", "intra_op", Threads().intra_op)
    yield Finding("threads", "opencv", cv2.getNumThreads())


def _weights() -> Iterator[Finding]:
    from mien.models import registry, weights

    try:
        cards = registry.cards()
    except ModelError as error:
        yield Finding("weights", "cards", "cannot be read", str(error))
        return
    for card in cards:
        status = weights.status(card)
        value = f"{status.state}, {status.where}" if status.where else status.state
        yield Finding("weights", card.name, value, status.problem)
    for name, problem in registry.missing().items():
        yield Finding("weights", name, "missing", problem)


def _self_check() -> Iterator[Finding]:
    """The default detector on two pictures made here: noise, in which nobody is, and a drawing of one face."""
    import numpy as np

    from mien.models import detectors
    from mien.models.session import Threads

    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    try:
        detector = detectors.load("yunet", long_side=320, threads=Threads())
    except MienError as error:
        yield Finding("self-check", "detector", "does not load", f"the default detector does not load: {error}")
        return
    for name, picture, wanted in (("faces in noise", noise, 0), ("faces in a drawing", _drawing(), 1)):
        found = len(detector.detect(picture).boxes)
        problem = f"the default detector found {found} {name}, wanted {wanted}; reinstall onnxruntime and opencv"
        yield Finding("self-check", name, found, None if found == wanted else problem)


def _drawing() -> NDArray[np.uint8]:
    """A face of some ellipses, (240, 240, 3) RGB, plain as it is a working detector finds it."""
    import cv2
    import numpy as np

    picture = np.full((240, 240, 3), (90, 110, 140), np.uint8)
    for x, y, half_width, half_height, colour in _DRAWING:
        cv2.ellipse(picture, (120 + x, 120 + y), (half_width, half_height), 0, 0, 360, colour, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8)


def _print(findings: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table(box=None, pad_edge=False, show_header=False)
    topic = None
    for finding in findings:
        mark = Text("✗", "red") if finding.problem else Text("✓", "green")
        heading = Text("" if finding.topic == topic else finding.topic, "bold")
        table.add_row(heading, mark, Text(finding.name), Text(str(finding.value)))
        topic = finding.topic
    output_console().print(table)
