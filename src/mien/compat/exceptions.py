"""DeepFace's names of exceptions, for code that catches them; all are `ValueError`s."""

from __future__ import annotations

from mien.errors import ImageError, InputError, NoFaceError, ShapeError

FaceNotDetected = NoFaceError
ImgNotFound = ImageError
PathNotFound = ImageError
EmptyDatasource = ImageError
DimensionMismatchError = ShapeError
InvalidEmbeddingsShapeError = ShapeError
DataTypeError = InputError
UnimplementedError = InputError
