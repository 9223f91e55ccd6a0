import logging

import pytest

from mien.compat import distances, names
from mien.errors import InputError, UnknownNameError
from mien.identity.calibration import default_calibration
from mien.models import detectors, embedding


@pytest.mark.parametrize("model", names.MODELS)
def test_every_model_has_a_network_of_ours(model):
    assert names.network(model) in embedding.NAMES


@pytest.mark.parametrize("detector", names.DETECTORS)
def test_every_detector_has_one_of_ours(detector):
    assert names.detector(detector) in (None, *detectors.names())


def test_documented_names_are_known():
    assert set(names.MODELS) == {
        *("VGG-Face", "Facenet", "Facenet512", "OpenFace", "DeepFace", "DeepID", "ArcFace", "Dlib", "SFace"),
        *("GhostFaceNet", "Buffalo_L"),
    }
    assert set(names.DETECTORS) == {
        *("opencv", "ssd", "dlib", "mtcnn", "fastmtcnn", "retinaface", "mediapipe", "yolov8", "yolov8n", "yolov8m"),
        *("yolov8l", "yolov11n", "yolov11s", "yolov11m", "yolov11l", "yolov12n", "yolov12s", "yolov12m", "yolov12l"),
        *("yunet", "centerface", "skip"),
    }


def test_what_stands_for_something_else_is_told_once(caplog):
    with caplog.at_level(logging.WARNING, logger="mien.compat"):
        for _ in range(3):
            names.network("ArcFace")
            names.network("SFace")
            names.network("Facenet", silent=True)
            names.detector("retinaface")
            names.detector("yunet")
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert told[0].startswith("ArcFace is not here, Mien's own network 'embedding' stands for it")
    assert told[1] == "the detector retinaface is not here, yunet stands for it"


def test_strict_takes_only_what_is_the_very_same():
    assert names.network("SFace", strict=True) == "sface"
    assert names.detector("yunet", strict=True) == "yunet"
    assert names.detector("opencv", strict=True) == "haar"
    assert names.detector("opencv") == "yunet"
    assert names.detector("skip", strict=True) is None
    with pytest.raises(InputError, match="strict: Mien has no VGG-Face; ask for model_name='SFace'"):
        names.network("VGG-Face", strict=True)
    with pytest.raises(InputError, match="strict: Mien has no mtcnn; ask for detector_backend='yunet' or 'opencv'"):
        names.detector("mtcnn", strict=True)


@pytest.mark.parametrize("name", ["vggface", "", None, 3, ["SFace"]])
def test_unknown_names(name):
    with pytest.raises(UnknownNameError):
        names.network(name)
    with pytest.raises(UnknownNameError):
        names.detector(name)


@pytest.mark.parametrize("network", embedding.NAMES)
def test_thresholds_of_all_distances_stand_for_the_same_rate(network):
    calibration = default_calibration(network)
    for metric in distances.METRICS:
        for fmr in (1e-3, 1e-2):
            threshold = distances.threshold_of(network, metric, fmr=fmr)
            assert calibration.fmr(distances.similarity_of(threshold, metric)) == pytest.approx(fmr, rel=1e-4)
    assert distances.threshold_of(network, "cosine") == pytest.approx(1 - calibration.threshold(1e-3))


@pytest.mark.parametrize("metric", distances.METRICS)
def test_confidence_grows_as_the_distance_falls(metric):
    threshold = distances.threshold_of("embedding", metric)
    told = [
        distances.confidence(d, threshold=threshold, metric=metric, network="embedding", same=d <= threshold)
        for d in (0.0, threshold / 2, threshold, threshold * 1.001, threshold * 1.5)
    ]
    assert told == sorted(told, reverse=True)
    assert all(51 <= percent <= 100 for percent in told[:3])
    assert all(0 <= percent <= 49 for percent in told[3:])


def test_confidence_of_the_callers_own_distance_says_no_more_than_the_threshold():
    told = [
        distances.confidence(1.0, threshold=2.0, metric=max, network="embedding", same=same) for same in (True, False)
    ]
    assert told == [51, 49]
