"""Freeing the fixed input dimensions of an ONNX file, on its bytes.

ONNX Runtime can fix a free dimension but not free a fixed one, and the `onnx` package (31 MB) would be a dependency for
this alone. An ONNX file is a protocol buffer; only the path to `dim_value` is rewritten, everything else is copied.
Field numbers: onnx.proto (ModelProto.graph 7, GraphProto.input 11, ValueInfoProto.type 2, TypeProto.tensor_type 1,
Tensor.shape 2, TensorShapeProto.dim 1, Dimension.dim_value 1, Dimension.dim_param 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mien.errors import ModelError

_PATH_TO_SHAPE = (7, 11, 2, 1, 2)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


def free_dimensions(model: bytes, names: Sequence[str | None]) -> bytes:
    """The same model with some dimensions of its inputs made variable.

    Args:
        model: an ONNX file's bytes.
        names: for each dimension of an input, its new symbolic name, or None to leave it as it is.

    Returns:
        The new file's bytes.

    Raises:
        ModelError: `model` is not a well-formed ONNX file.
    """

    def renamed(shape: bytes) -> bytes:
        dimensions = iter(names)

        def dimension(payload: bytes) -> bytes:
            name = next(dimensions, None)
            return payload if name is None else _field(2, name.encode())

        return _rewrite(shape, (1,), dimension)

    return _rewrite(model, _PATH_TO_SHAPE, renamed)


def _rewrite(message: bytes, path: Sequence[int], change: Callable[[bytes], bytes]) -> bytes:
    """`message` with `change` applied to every submessage at `path`."""
    out = bytearray()
    for number, payload, raw in _fields(message):
        if number != path[0] or payload is None:
            out += raw
        else:
            out += _field(number, _rewrite(payload, path[1:], change) if len(path) > 1 else change(payload))
    return bytes(out)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | None, bytes]]:
    """(number, payload of a length-delimited field or None, the field's raw bytes)."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        payload = None
        if key & 7 == _VARINT:
            _, at = _varint(message, at)
        elif key & 7 == _BYTES:
            size, at = _varint(message, at)
            payload = message[at : at + size]
            at += size
        elif key & 7 in _FIXED_SIZES:
            at += _FIXED_SIZES[key & 7]
        else:
            raise ModelError(f"not an ONNX file: unknown wire type {key & 7} at byte {start}")
        if at > len(message):
            raise ModelError(f"not an ONNX file: cut off at byte {len(message)}; fetch it again")
        yield key >> 3, payload, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise ModelError(f"not an ONNX file: cut off at byte {at}; fetch it again")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def _field(number: int, payload: bytes) -> bytes:
    return _encoded(number << 3 | _BYTES) + _encoded(len(payload)) + payload


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
