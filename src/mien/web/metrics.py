"""`Metrics`: what the server counts, in the words of Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

import mien

_BUCKETS_S: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 30.0)
"""From a page to a request of many large pictures."""
_CLIP_BUCKETS_S: Final = (1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0)
"""From a second of video to five minutes of a crowd."""


class Metrics:
    """Counters of one app; a registry of its own, so that two apps in one process count apart.

    Attributes:
        registry: where further counters are registered.
        requests: answered, by endpoint, method and status.
        request_s: how long answers took, by endpoint.
        images: profiled, by status: ok, no_face or error.
        faces: found.
        image_s: how long a picture took, without waiting.
        refused: requests not let in, by reason.
        busy: requests being profiled now.
        live_sessions: open now, by what they are of: camera (the browser's) or source (the server's).
        live_ended: sessions that are over, by the reason.
        live_frames: that browsers sent, by status: answered, dropped for a newer one, or unreadable.
        live_frame_s: how long one took, without waiting.
        clips: no longer looked at, by status: done, failed or cancelled.
        clips_busy: being uploaded, waiting or looked at now.
        clip_frames: looked at.
        clip_s: how long a clip took, without waiting.
        models_ready: 1 when the networks are loaded.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        in_registry = self.registry
        self.requests = Counter(
            "mien_http_requests", "Requests answered.", ("endpoint", "method", "status"), registry=in_registry
        )
        self.request_s = Histogram(
            "mien_http_request_seconds", "Time to answer.", ("endpoint",), buckets=_BUCKETS_S, registry=in_registry
        )
        self.images = Counter("mien_images", "Pictures profiled.", ("status",), registry=in_registry)
        self.faces = Counter("mien_faces", "Faces found in pictures.", registry=in_registry)
        self.image_s = Histogram(
            "mien_image_seconds", "Time to profile a picture.", buckets=_BUCKETS_S, registry=in_registry
        )
        self.refused = Counter("mien_refused_requests", "Requests not let in.", ("reason",), registry=in_registry)
        self.busy = Gauge("mien_analyses_in_progress", "Requests being profiled now.", registry=in_registry)
        self.live_sessions = Gauge("mien_live_sessions", "Live sessions open now.", ("of",), registry=in_registry)
        self.live_ended = Counter(
            "mien_live_sessions_ended", "Live sessions that are over.", ("reason",), registry=in_registry
        )
        self.live_frames = Counter("mien_live_frames", "Frames that browsers sent.", ("status",), registry=in_registry)
        self.live_frame_s = Histogram(
            "mien_live_frame_seconds", "Time to answer a frame.", buckets=_BUCKETS_S, registry=in_registry
        )
        self.clips = Counter("mien_clips", "Clips no longer looked at.", ("status",), registry=in_registry)
        self.clips_busy = Gauge(
            "mien_clips_busy", "Clips being uploaded, waiting or looked at now.", registry=in_registry
        )
        self.clip_frames = Counter("mien_clip_frames", "Frames of clips looked at.", registry=in_registry)
        self.clip_s = Histogram("mien_clip_seconds", "Time for a clip.", buckets=_CLIP_BUCKETS_S, registry=in_registry)
        self.models_ready = Gauge("mien_models_ready", "1 when the networks are loaded.", registry=in_registry)
        version = Gauge("mien_build", "Always 1; the version is its label.", ("version",), registry=in_registry)
        version.labels(mien.__version__).set(1)
        ProcessCollector(registry=in_registry)

    def exposition(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self.registry)


@contextmanager
def stopwatch(histogram: Histogram) -> Iterator[None]:
    """Observe how long the block took, in seconds."""
    start = time.perf_counter()
    try:
        yield
    finally:
        histogram.observe(time.perf_counter() - start)
