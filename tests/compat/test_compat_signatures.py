"""Arguments, their order and their defaults, as DeepFace 0.0.103 documents them."""

import inspect

import pytest

from mien.compat import deepface as DeepFace  # noqa: N812
from mien.compat import exceptions

FACES = "detector_backend='opencv' enforce_detection=True align=True"
DATABASE = "database_type='postgres' connection_details=None connection=None"
DOCUMENTED = {
    "verify": "img1_path img2_path model_name='VGG-Face' detector_backend='opencv' distance_metric='cosine' "
    "enforce_detection=True align=True expand_percentage=0 normalization='base' silent=False threshold=None "
    "anti_spoofing=False",
    "analyze": "img_path actions=('emotion', 'age', 'gender', 'race') enforce_detection=True "
    "detector_backend='opencv' align=True expand_percentage=0 silent=False anti_spoofing=False",
    "find": "img_path db_path model_name='VGG-Face' distance_metric='cosine' enforce_detection=True "
    "detector_backend='opencv' align=True similarity_search=False k=None expand_percentage=0 threshold=None "
    "normalization='base' silent=False refresh_database=True anti_spoofing=False datastore_format='npz' "
    "return_type=None",
    "represent": "img_path model_name='VGG-Face' enforce_detection=True detector_backend='opencv' align=True "
    "expand_percentage=0 normalization='base' anti_spoofing=False max_faces=None l2_normalize=False "
    "minmax_normalize=False return_face=False",
    "stream": "db_path='' model_name='VGG-Face' detector_backend='opencv' distance_metric='cosine' "
    "enable_face_analysis=True source=0 time_threshold=5 frame_threshold=5 anti_spoofing=False output_path=None "
    "debug=False",
    "extract_faces": f"img_path {FACES} expand_percentage=0 grayscale=False color_face='rgb' normalize_face=True "
    "anti_spoofing=False",
    "register": f"img img_name=None model_name='VGG-Face' {FACES} l2_normalize=False expand_percentage=0 "
    f"normalization='base' anti_spoofing=False {DATABASE}",
    "search": "img model_name='VGG-Face' detector_backend='opencv' distance_metric='cosine' enforce_detection=True "
    "align=True l2_normalize=False expand_percentage=0 normalization='base' anti_spoofing=False "
    f"similarity_search=False k=None {DATABASE} search_method='exact' return_type=None",
    "identify": "img identity_id model_name='VGG-Face' detector_backend='opencv' distance_metric='cosine' "
    "enforce_detection=True align=True l2_normalize=False expand_percentage=0 normalization='base' "
    f"anti_spoofing=False {DATABASE}",
    "build_index": "model_name='VGG-Face' detector_backend='opencv' align=True l2_normalize=False "
    "database_type='postgres' connection=None connection_details=None max_neighbors_per_node=32",
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_arguments_are_the_documented_ones(name):
    parameters = inspect.signature(getattr(DeepFace, name)).parameters.values()
    positional = [one for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    told = [one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in positional]
    assert " ".join(told) == DOCUMENTED[name]
    own = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert own <= {"strict", "allow_urls", "seconds"}


def test_exceptions_are_value_errors():
    named = [value for value in vars(exceptions).values() if isinstance(value, type)]
    assert len(named) >= 8
    assert all(issubclass(one, ValueError) for one in named)
