import codecs
import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mien.errors import ImageError, ImageTooLargeError, ShapeError
from mien.media.images import ImageLimits, read_image

# 4 high, 6 wide, every pixel different: shows any turn, flip or swapped channel.
PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3
RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def solid(mode, colour, size=(16, 8)):
    return Image.new(mode, size, colour)


def png_header(width, height):
    """A PNG that claims a size and has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


# What comes in


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_a_lossless_file_gives_its_pixels(kind, options):
    image = read_image(encoded(Image.fromarray(PIXELS), kind, **options))
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, PIXELS)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_a_lossy_file_gives_rgb(kind):
    image = read_image(encoded(solid("RGB", (250, 120, 10)), kind))
    assert image.shape == (8, 16, 3)
    np.testing.assert_allclose(image[4, 8], (250, 120, 10), atol=6)


def test_every_kind_of_source_gives_the_same(tmp_path):
    data = encoded(Image.fromarray(PIXELS), "PNG")
    path = tmp_path / "pixels.png"
    path.write_bytes(data)
    with path.open("rb") as stream:
        sources = [str(path), path, data, bytearray(data), memoryview(data), io.BytesIO(data), stream]
        sources += [Image.open(io.BytesIO(data)), Image.fromarray(PIXELS), PIXELS]
        for source in sources:
            np.testing.assert_array_equal(read_image(source), PIXELS)


def test_the_format_is_told_by_the_content_not_by_the_ending(tmp_path):
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(encoded(Image.fromarray(PIXELS), "PNG"))
    np.testing.assert_array_equal(read_image(path), PIXELS)


def test_the_first_frame_of_an_animated_gif():
    data = encoded(solid("RGB", RED), "GIF", save_all=True, append_images=[solid("RGB", BLUE)], duration=50)
    image = read_image(data)
    assert image.shape == (8, 16, 3)
    assert (image == RED).all()


# Arrays

GREY = np.array([[0, 51], [102, 255]], np.uint8)


@pytest.mark.parametrize(
    ("array", "grey"),
    [
        (GREY, GREY),
        (GREY[:, :, None], GREY),
        (GREY.astype(np.uint16) * 257, GREY),
        (np.array([[0, 128, 129, 65407, 65535]], np.uint16), [[0, 0, 1, 255, 255]]),
        (GREY / 255, GREY),
        ((GREY / 255).astype(np.float32), GREY),
        (np.array([[0.0, 0.5, 1.0]]), [[0, 128, 255]]),
        (np.array([[True, False]]), [[255, 0]]),
    ],
)
def test_a_grey_array_of_any_depth(array, grey):
    image = read_image(array)
    np.testing.assert_array_equal(image, np.repeat(np.asarray(grey)[:, :, None], 3, axis=2))
    assert image.dtype == np.uint8


def test_a_colour_array_is_not_copied_and_a_strided_one_is_made_contiguous():
    assert read_image(PIXELS) is PIXELS
    flipped = read_image(PIXELS[:, ::-1])
    assert flipped.flags.c_contiguous
    np.testing.assert_array_equal(flipped, PIXELS[:, ::-1])


@pytest.mark.parametrize("scale", [np.uint8(1), np.uint16(257), 1 / 255])
def test_a_transparent_array_is_laid_over_white(scale):
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8)
    # 51 / 255 = 0.2: 0.2 · 200 + 0.8 · 255 = 244, 0.2 · 100 + 204 = 224, 204.
    np.testing.assert_array_equal(read_image(rgba * scale), [[[200, 100, 0], [255, 255, 255], [244, 224, 204]]])


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((3, 4, 5), np.uint8), r"\(3, 4, 5\); move the channels last"),
        (np.zeros((4, 5, 2), np.uint8), r"\(4, 5, 2\)"),
        (np.zeros(7, np.uint8), r"\(7,\)"),
        (np.zeros((1, 4, 5, 3), np.uint8), r"\(1, 4, 5, 3\)"),
        (np.zeros((0, 5, 3), np.uint8), r"\(0, 5, 3\)"),
        (np.zeros((4, 5, 3), np.int32), r"int32; convert it with \.astype"),
        (np.full((4, 5), 200.0), "200 to 200; divide"),
        (np.full((4, 5), -0.5), r"-0\.5"),
        (np.full((4, 5), np.nan), "nan"),
        (np.array([["a", "b"]]), "<U1"),
    ],
)
def test_other_arrays_are_refused(array, told):
    with pytest.raises(ShapeError, match=told):
        read_image(array)


# Modes


@pytest.mark.parametrize(
    ("image", "kind", "colour"),
    [
        (solid("L", 77), "PNG", (77, 77, 77)),
        (solid("1", 1), "PNG", (255, 255, 255)),
        (solid("1", 0), "TIFF", (0, 0, 0)),
        (solid("RGB", RED).convert("P"), "PNG", RED),
        (solid("RGB", RED).convert("P"), "BMP", RED),
        (solid("RGBA", (200, 100, 0, 51)), "PNG", (244, 224, 204)),
        (solid("RGBA", (200, 100, 0, 51)), "TIFF", (244, 224, 204)),
        (solid("RGBA", (200, 100, 0, 0)), "WEBP", (255, 255, 255)),
        (solid("LA", (100, 51)), "PNG", (224, 224, 224)),
        (solid("CMYK", (0, 255, 255, 0)), "TIFF", RED),
        (solid("CMYK", (0, 255, 255, 0)), "JPEG", (254, 0, 0)),
        (solid("L", 77), "JPEG", (77, 77, 77)),
    ],
)
def test_every_mode_becomes_rgb(image, kind, colour):
    np.testing.assert_allclose(read_image(encoded(image, kind)), np.broadcast_to(colour, (8, 16, 3)), atol=1)


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "YCbCr", "HSV", "RGBX"])
def test_modes_that_only_pillow_has(mode):
    base = {"La": "LA", "RGBa": "RGBA"}.get(mode, "RGB")
    image = solid(base, {"LA": (100, 51), "RGBA": (200, 100, 0, 51), "RGB": (102, 102, 102)}[base]).convert(mode)
    expected = {"LA": (224, 224, 224), "RGBA": (244, 224, 204), "RGB": (102, 102, 102)}[base]
    np.testing.assert_allclose(read_image(image), np.broadcast_to(expected, (8, 16, 3)), atol=2)


def test_a_transparent_palette_entry_is_white():
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *BLUE])
    image.putpixel((1, 0), 1)
    for kind in ("PNG", "GIF"):
        np.testing.assert_array_equal(read_image(encoded(image, kind, transparency=1)), [[RED, (255, 255, 255)]])


def test_a_transparent_colour_is_white():
    image = Image.fromarray(np.array([[RED, BLUE]], np.uint8))
    np.testing.assert_array_equal(read_image(encoded(image, "PNG", transparency=BLUE)), [[RED, (255, 255, 255)]])


@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_sixteen_bits_are_scaled_not_clipped(ending):
    deep = np.array([[0, 257 * 10, 257 * 128, 65535]], np.uint16)
    grey = read_image(cv2.imencode(ending, deep)[1].tobytes())
    np.testing.assert_array_equal(grey[0, :, 0], [0, 10, 128, 255])
    colour = read_image(cv2.imencode(ending, np.repeat(deep[:, :, None], 3, axis=2))[1].tobytes())
    np.testing.assert_array_equal(colour, grey)


def test_sixteen_bits_with_the_big_end_first():
    deep = np.array([[0, 257 * 10, 65535]], ">u2")
    picture = Image.fromarray(deep)
    assert picture.mode == "I;16B"
    for source in (deep, picture, encoded(picture, "TIFF")):
        np.testing.assert_array_equal(read_image(source)[0, :, 0], [0, 10, 255])


def test_grey_with_32_bits():
    integers = Image.fromarray(np.array([[0, 2570, 65535]], np.int32))
    floats = Image.fromarray(np.array([[0, 0.2, 1]], np.float32))
    np.testing.assert_array_equal(read_image(encoded(integers, "TIFF"))[0, :, 0], [0, 10, 255])
    np.testing.assert_array_equal(read_image(encoded(floats, "TIFF"))[0, :, 0], [0, 51, 255])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.array([[0, 70000]], np.int32), "integers from 0 to 65535, got 0 to 70000"),
        (np.array([[-1, 9]], np.int32), "got -1 to 9"),
        (np.array([[0, 255]], np.float32), "floats from 0 to 1, got 0 to 255"),
    ],
)
def test_32_bits_without_a_defined_white_are_refused(values, told):
    with pytest.raises(ImageError, match=told):
        read_image(encoded(Image.fromarray(values), "TIFF"))


# Orientation

STORED = {
    1: PIXELS,
    2: PIXELS[:, ::-1],
    3: PIXELS[::-1, ::-1],
    4: PIXELS[::-1],
    5: PIXELS.transpose(1, 0, 2),
    6: np.rot90(PIXELS),
    7: PIXELS[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(PIXELS, -1),
}


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_the_exif_orientation_is_undone(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    options = {"lossless": True} if kind == "WEBP" else {}
    image = read_image(encoded(stored, kind, exif=exif, **options))
    np.testing.assert_array_equal(image, PIXELS)
    assert image.flags.c_contiguous


def test_a_turned_jpeg_and_a_turned_pillow_picture():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(solid("RGB", RED, size=(16, 8)), "JPEG", exif=exif)
    assert read_image(data).shape == (16, 8, 3)
    assert read_image(Image.open(io.BytesIO(data))).shape == (16, 8, 3)


def test_damaged_or_senseless_exif_leaves_the_picture_as_it_is():
    exif = Image.Exif()
    exif[0x0112] = 99
    for block in (exif.tobytes(), b"Exif\0\0garbage", b"Exif\0\0II"):
        image = encoded(solid("RGB", RED), "PNG", exif=block)
        assert read_image(image).shape == (8, 16, 3)


# What is refused


def test_a_header_of_900_megapixels_is_refused_before_decoding(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(30_000, 30_000))
    with pytest.raises(ImageTooLargeError, match=r"bomb\.png: 30,000 × 30,000 = 900,000,000 pixels.* 100,000,000"):
        read_image(path)


def test_pillows_own_limit_does_not_show_below_ours():
    with pytest.raises(ImageError, match="damaged or cut off") as caught:
        read_image(png_header(10_000, 10_000))
    assert "bomb" not in str(caught.value)
    assert not isinstance(caught.value, ImageTooLargeError)


def gif_header(width, height, frame_width, frame_height):
    comment = b"!\xfe\x03abc\0"
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return screen + comment + b"," + struct.pack("<4HB", 0, 0, frame_width, frame_height, 0) + b"\x02\x00;"


@pytest.mark.parametrize("data", [gif_header(20_000, 20_000, 1, 1), gif_header(1, 1, 20_000, 20_000)])
def test_a_huge_gif_is_refused_by_its_screen_and_by_its_first_frame(data):
    with pytest.raises(ImageTooLargeError, match="20,000 × 20,000 = 400,000,000 pixels"):
        read_image(data)


def test_what_pillow_cannot_be_talked_out_of_is_said():
    with pytest.raises(ImageTooLargeError, match="of GIF and WebP only 89,478,485 can be read; convert it to PNG"):
        read_image(gif_header(20_000, 20_000, 1, 1), limits=ImageLimits(max_pixels=10**9))


@pytest.mark.parametrize(("lossless", "extended"), [(True, False), (False, False), (True, True)])
def test_the_size_of_a_webp_is_checked_from_each_of_its_headers(lossless, extended):
    exif = Image.Exif()
    exif[0x0112] = 1
    data = encoded(Image.fromarray(PIXELS), "WEBP", lossless=lossless, exif=exif.tobytes() if extended else b"")
    with pytest.raises(ImageTooLargeError, match="6 × 4 = 24 pixels, and the limit is 23"):
        read_image(data, limits=ImageLimits(max_pixels=23))
    assert read_image(data, limits=ImageLimits(max_pixels=24)).shape == (4, 6, 3)


@pytest.mark.parametrize("source", [PIXELS, Image.fromarray(PIXELS), encoded(Image.fromarray(PIXELS), "PNG")])
def test_the_limit_on_pixels_holds_for_every_source(source):
    with pytest.raises(ImageTooLargeError, match="6 × 4 = 24 pixels, and the limit is 23"):
        read_image(source, limits=ImageLimits(max_pixels=23))
    assert read_image(source, limits=ImageLimits(max_pixels=24)).shape == (4, 6, 3)


def test_the_limit_on_bytes_holds_for_paths_bytes_and_streams(tmp_path):
    data = encoded(Image.fromarray(PIXELS), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    exact, less = ImageLimits(max_bytes=len(data)), ImageLimits(max_bytes=len(data) - 1)
    for source in (path, data, memoryview(data)):
        assert read_image(source, limits=exact).shape == (4, 6, 3)
        with pytest.raises(ImageTooLargeError, match=f"more than {len(data) - 1} bytes"):
            read_image(source, limits=less)
    with pytest.raises(ImageTooLargeError, match="the file object: more than"):
        read_image(io.BytesIO(data), limits=less)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"a\.jpg: empty \(0 bytes\)"),
        (b"hello, this is text", r"a\.jpg: not a picture; it begins with b'hello, t', and JPEG"),
        (b"\xff\xd8\xff", r"a\.jpg: damaged or cut off"),
        (b"RIFF\0\0\0\0WAVEfmt ", r"a\.jpg: not a picture"),
        (b"RIFF\0\0\0\0WEBP", r"a\.jpg: damaged or cut off"),
        (b"GIF89a", r"a\.jpg: damaged or cut off"),
    ],
)
def test_a_file_that_is_no_picture_is_told_apart(tmp_path, content, told):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=told):
        read_image(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_cut_off_file_is_refused(kind, part):
    noise = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    assert read_image(data).shape == (64, 48, 3)
    with pytest.raises(ImageError, match="the bytes: damaged or cut off"):
        read_image(data[: int(len(data) * part)])


def test_paths_that_name_no_file(tmp_path):
    with pytest.raises(ImageError, match=r"nowhere\.jpg: no such file"):
        read_image(tmp_path / "nowhere.jpg")
    with pytest.raises(ImageError, match="a folder, not a picture"):
        read_image(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="Not a directory"):
        read_image(tmp_path / "file" / "a.jpg")
    with pytest.raises(ImageError, match="cannot be opened"):
        read_image("a\0b.jpg")


@pytest.mark.parametrize("address", ["http://example.org/a.jpg", "HTTPS://example.org/a.jpg", "rtsp://camera/1"])
def test_an_address_is_refused_with_the_remedy(address):
    with pytest.raises(ImageError, match="an address, not a file; download it first"):
        read_image(address)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (7, "from int"),
        (None, "from NoneType"),
        ([1], "from list"),
        (io.StringIO("text"), "opened as text; .*mode 'rb'"),
    ],
)
def test_other_sources_are_refused(source, told):
    with pytest.raises(ImageError, match=told):
        read_image(source)


def test_a_closed_pillow_picture():
    image = Image.open(io.BytesIO(encoded(Image.fromarray(PIXELS), "PNG")))
    image.close()
    with pytest.raises(ImageError, match="the picture: damaged"):
        read_image(image)


# Whatever the bytes, only ImageError comes out.


def _seeds():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    colour, alpha = Image.fromarray(PIXELS), Image.fromarray(np.dstack([PIXELS, PIXELS[:, :, 0]]))
    deep = Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257)
    return [
        encoded(colour, "JPEG", exif=exif),
        encoded(colour, "JPEG", progressive=True),
        encoded(colour.convert("CMYK"), "JPEG"),
        encoded(colour, "MPO", save_all=True, append_images=[colour]),
        encoded(colour, "PNG", exif=exif),
        encoded(alpha, "PNG"),
        encoded(colour.convert("P"), "PNG", transparency=3),
        encoded(deep, "PNG"),
        encoded(colour, "WEBP", exif=exif),
        encoded(alpha, "WEBP", lossless=True),
        encoded(colour, "BMP"),
        encoded(colour.convert("P"), "BMP"),
        encoded(colour, "TIFF", exif=exif),
        encoded(colour, "TIFF", compression="tiff_lzw"),
        encoded(colour, "TIFF", compression="jpeg"),
        encoded(deep, "TIFF"),
        encoded(colour.convert("1"), "TIFF", compression="group4"),
        encoded(colour, "GIF"),
        encoded(colour.convert("P"), "GIF", save_all=True, append_images=[colour.rotate(90)], transparency=2),
    ]


SEEDS = _seeds()


@settings(max_examples=1500, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    cut=st.floats(0, 1),
    in_header=st.booleans(),
)
def test_damage_gives_a_picture_or_an_image_error(seed, changes, cut, in_header):
    data = bytearray(seed)
    for place, value in changes:
        data[int(place * (min(len(data), 64) if in_header else len(data)))] = value
    data = data[: round(len(data) * (1 if cut > 0.7 else cut))]
    try:
        image = read_image(bytes(data), limits=ImageLimits(max_pixels=1_000_000))
    except ImageError:
        return
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.dtype == np.uint8


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([seed[:12] for seed in SEEDS]), st.binary(max_size=200))
def test_a_signature_with_anything_behind_it(signature, rest):
    with pytest.raises(ImageError):
        read_image(signature + rest, limits=ImageLimits(max_pixels=1_000_000))


def test_a_picture_opened_as_text(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(Image.fromarray(PIXELS), "PNG"))
    with path.open(encoding="utf-8") as stream, pytest.raises(ImageError, match=r"a\.png: opened as text; .*mode 'rb'"):
        read_image(stream)
    told = r"cannot be read: 'utf-8' codec can't decode.*mode 'rb'"
    with codecs.getreader("utf-8")(path.open("rb")) as stream, pytest.raises(ImageError, match=told):
        read_image(stream)


def test_files_that_cannot_be_read_from(tmp_path):
    path = tmp_path / "a.png"
    with path.open("wb") as stream, pytest.raises(ImageError, match=r"a\.png: cannot be read: read; .*mode 'rb'"):
        read_image(stream)
    with path.open("rb") as stream:
        pass
    with pytest.raises(ImageError, match=r"a\.png: cannot be read: .*closed file; open the file with mode 'rb'"):
        read_image(stream)


def test_a_file_at_its_end():
    stream = io.BytesIO(encoded(Image.fromarray(PIXELS), "PNG"))
    read_image(stream)
    with pytest.raises(ImageError, match=r"^the file object: at its end already; call \.seek\(0\) first$"):
        read_image(stream)
    with pytest.raises(ImageError, match=r"^the file object: empty \(0 bytes\)"):
        read_image(io.BytesIO())


def test_a_stream_without_a_position():
    class Stream:
        def read(self, size):
            return b""

    with pytest.raises(ImageError, match=r"^the file object: empty \(0 bytes\)"):
        read_image(Stream())


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    for path in (tmp_path / "a.jpg", "/dev/zero"):
        with pytest.raises(ImageError, match=f"^{path}: a pipe or device, not a file"):
            read_image(path)


def test_paths_that_the_system_refuses(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    with pytest.raises(ImageError, match=r"loop\.jpg': cannot be opened: Too many levels of symbolic links"):
        read_image(tmp_path / "loop.jpg")
    with pytest.raises(ImageError, match=r"cannot be opened: File name too long"):
        read_image("a" * 300)
