"""The machine that a time was measured on, in words."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

_CPUINFO: Final = Path("/proc/cpuinfo")


def describe() -> str:
    """Such as `AMD EPYC, 2 cores, ONNX Runtime 1.31.0`."""
    import onnxruntime

    text = _CPUINFO.read_text(encoding="utf-8", errors="replace") if _CPUINFO.is_file() else ""
    name = cpu_fields(text).get("model name") or platform.processor() or platform.machine()
    return f"{name}, {usable_cores()} cores, ONNX Runtime {onnxruntime.__version__}"


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_fields(text: str) -> dict[str, str]:
    r"""The fields of the first processor in the text of /proc/cpuinfo.

    >>> cpu_fields("processor : 0\nmodel name\t: Some CPU\n\nprocessor : 1\nmodel name\t: Another\n")
    {'processor': '0', 'model name': 'Some CPU'}
    """
    first = text.strip().split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}
