"""A zip of pictures as people pack it: formats, bit depths, alpha, orientation, names, what is refused."""

from __future__ import annotations

import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from anpyc.datasets import folders, picture_list, pictures, unpacking
from anpyc.errors import DatasetUnreadable
from unit.anpyc.datasets.archives import (
    TEST,
    TRAIN,
    Array,
    decision,
    expected,
    glyphs,
    picture,
    picture_files,
    plain_files,
    read,
    save_zip,
    shades,
)

# --- what a picture holds -----------------------------------------------------------------------------------


def palette(a: Array, **options: Any) -> bytes:
    return picture(Image.fromarray(a).convert("P"), **options)


def black_with_alpha(a: Array, mode: str) -> Image.Image:
    glyph = Image.new(mode, a.shape[::-1])
    glyph.putalpha(Image.fromarray(a))
    return glyph


PICTURES: dict[str, tuple[Callable[[Array], bytes], float]] = {
    "grey PNG": (picture, 0),
    "BMP": (lambda a: picture(a, "BMP"), 0),
    "GIF": (lambda a: picture(a, "GIF"), 0),
    "TIFF": (lambda a: picture(a, "TIFF"), 0),
    "TIFF, packed": (lambda a: picture(a, "TIFF", compression="tiff_lzw"), 0),
    "WebP": (lambda a: picture(a, "WEBP", lossless=True), 0),
    "JPEG": (lambda a: picture(a, "JPEG", quality=100), 0.03),
    "CMYK JPEG": (lambda a: picture(Image.fromarray(a).convert("CMYK"), "JPEG", quality=100), 0.03),
    "palette": (palette, 0),
    "colour": (lambda a: picture(np.stack([a] * 3, -1)), 0),
    "opaque RGBA": (lambda a: picture(Image.fromarray(a).convert("RGBA")), 0),
    "16 bits": (lambda a: picture(a.astype(np.uint16) * 257), 1e-6),
    "16 bits, TIFF": (lambda a: picture(a.astype(np.uint16) * 257, "TIFF"), 1e-6),
    "16 bits, the other byte order": (
        lambda a: picture(
            Image.frombytes("I;16B", a.shape[::-1], (a.astype(">u2") * 257).astype(">u2").tobytes()), "TIFF"
        ),
        1e-6,
    ),
    "12 bits": (lambda a: picture((a.astype(int) * 4095 // 255).astype(np.uint16), "TIFF"), 0.003),
    "32 bits": (lambda a: picture(a.astype(np.int32), "TIFF"), 1e-6),
    "floats in one": (lambda a: picture((a / 255).astype(np.float32), "TIFF"), 1e-6),
    "floats in bytes": (lambda a: picture(a.astype(np.float32), "TIFF"), 1e-6),
}


@pytest.mark.parametrize(("make", "within"), PICTURES.values(), ids=PICTURES)
def test_every_kind_of_picture_becomes_the_same_pixels(
    tmp_path: Path, make: Callable[[Array], bytes], within: float
) -> None:
    data = read(tmp_path, save_zip(tmp_path, picture_files(make(a) for a in (*TRAIN, *TEST))))
    assert float((shades(data) - expected()).abs().max()) <= within
    assert "is scaled" in decision(data, "data_range") or "scaled to 0…1" in decision(data, "data_range")


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    files = picture_files(picture(Image.fromarray(a > 100)) for a in (*TRAIN, *TEST))
    assert torch.equal(
        shades(read(tmp_path, save_zip(tmp_path, files))), expected(((TRAIN > 100) * 255).astype(np.uint8))
    )


def test_zeros_and_ones_in_bytes_are_black_and_white(tmp_path: Path) -> None:
    files = picture_files(picture((a > 100).astype(np.uint8)) for a in (*TRAIN, *TEST))
    data = read(tmp_path, save_zip(tmp_path, files))
    assert torch.equal(shades(data), expected(((TRAIN > 100) * 255).astype(np.uint8)))
    assert "0…1" in decision(data, "data_range")


def test_pictures_of_both_depths_share_a_scale(tmp_path: Path) -> None:
    made = [picture(a.astype(np.uint16) * 257) if place % 2 else picture(a) for place, a in enumerate(TRAIN)]
    data = read(tmp_path, save_zip(tmp_path, picture_files([*made, *map(picture, TEST)])))
    assert torch.allclose(shades(data), expected(), atol=1e-6)
    assert "6 images of more than 8 bits" in decision(data, "data_range")


def test_an_unknown_range_of_floats_is_refused(tmp_path: Path) -> None:
    files = picture_files(picture((a * 7.3).astype(np.float32), "TIFF") for a in (*TRAIN, *TEST))
    with pytest.raises(DatasetUnreadable, match="no range that is known"):
        read(tmp_path, save_zip(tmp_path, files))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_pixel_that_is_no_number_is_found(tmp_path: Path, value: float) -> None:
    broken = (TRAIN[0] / 255).astype(np.float32)
    broken[3, 3] = value
    files = {**plain_files(), "train/c0/0000.png": picture(broken, "TIFF")}
    with pytest.raises(DatasetUnreadable, match=r"train/c0/0000\.png has pixels that are not finite numbers"):
        read(tmp_path, save_zip(tmp_path, files))


ALPHAS: dict[str, Callable[[Array], bytes]] = {
    "RGBA": lambda a: picture(black_with_alpha(a, "RGB")),
    "LA": lambda a: picture(black_with_alpha(a, "L")),
    "WebP": lambda a: picture(black_with_alpha(a, "RGB"), "WEBP", lossless=True),
    "TIFF": lambda a: picture(black_with_alpha(a, "RGB"), "TIFF"),
}


@pytest.mark.parametrize("make", ALPHAS.values(), ids=ALPHAS)
def test_a_black_glyph_in_alpha_is_put_on_white(tmp_path: Path, make: Callable[[Array], bytes]) -> None:
    data = read(tmp_path, save_zip(tmp_path, picture_files(make(a) for a in (*TRAIN, *TEST))))
    assert torch.allclose(shades(data), 1 - expected(), atol=1e-6)
    assert decision(data, "data_alpha") == "Transparent pixels put on white: 24 images."


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_a_palettes_clear_colour_is_white(tmp_path: Path, form: str) -> None:
    def glyph(a: Array) -> bytes:
        image = Image.new("P", a.shape[::-1])
        image.putpalette([0, 0, 0, 90, 90, 90])
        image.putdata((a > 100).astype(int).reshape(-1).tolist())
        return picture(image, form, transparency=0)

    files = picture_files(glyph(a) for a in (*TRAIN, *TEST))
    data = read(tmp_path, save_zip(tmp_path, files))
    assert torch.equal(shades(data), expected(np.where(TRAIN > 100, 90, 255).astype(np.uint8)))


def test_a_clear_grey_of_sixteen_bits_is_white(tmp_path: Path) -> None:
    files = picture_files(picture(a.astype(np.uint16) * 257, transparency=0) for a in (*TRAIN, *TEST))
    data = read(tmp_path, save_zip(tmp_path, files))
    assert torch.allclose(shades(data), expected(np.where(TRAIN, TRAIN, 255).astype(np.uint8)), atol=1e-6)


STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].T,
    8: lambda a: np.rot90(a, -1),
}
"""How an upright image lies in a file that has this orientation."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("form", "deep"),
    [("PNG", False), ("TIFF", False), ("WEBP", False), ("JPEG", False), ("PNG", True), ("TIFF", True)],
)
def test_pictures_are_turned_upright(tmp_path: Path, form: str, orientation: int, deep: bool) -> None:
    def tagged(a: Array) -> bytes:
        exif = Image.Exif()
        exif[0x0112] = orientation
        exact = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(form, {})
        lying = np.ascontiguousarray(STORED[orientation](a.astype(np.uint16) * 257 if deep else a))
        return picture(lying, form, exif=exif, **exact)

    data = read(tmp_path, save_zip(tmp_path, picture_files(tagged(a) for a in (*TRAIN, *TEST))))
    assert torch.allclose(shades(data), expected(), atol=0.03)
    turned = "" if orientation == 1 else "Turned upright by their EXIF tag: 24 images."
    assert decision(data, "data_orientation") == turned


def test_a_broken_tag_leaves_a_picture_as_it_lies(tmp_path: Path) -> None:
    files = picture_files(picture(a, exif=b"Exif\0\0II*\0nonsense") for a in (*TRAIN, *TEST))
    assert torch.equal(shades(read(tmp_path, save_zip(tmp_path, files))), expected())


def test_of_several_frames_the_first_is_used_and_it_is_said(tmp_path: Path) -> None:
    def film(a: Array) -> bytes:
        return picture(a, "GIF", save_all=True, append_images=[Image.fromarray(255 - a)])

    data = read(tmp_path, save_zip(tmp_path, picture_files(film(a) for a in (*TRAIN, *TEST))))
    assert torch.equal(shades(data), expected())
    assert decision(data, "data_frames") == "Only the first of several frames used: 24 images."


def test_other_formats_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "check_call", lambda *_, **__: pytest.fail("a program was started"))
    image = Image.fromarray(np.stack([TRAIN[0]] * 3, -1))
    for form in ("EPS", "PPM", "TGA", "PCX", "ICO"):
        save_zip(tmp_path, {**plain_files(), "train/c0/0000.png": picture(image, form)})
        with pytest.raises(DatasetUnreadable, match=r"train/c0/0000\.png is not an image that can be read"):
            read(tmp_path, "own.zip")


# --- bounds -------------------------------------------------------------------------------------------------


def test_flat_pictures_that_compress_well_are_read(tmp_path: Path) -> None:
    def scan(a: Array) -> bytes:
        large = np.full((512, 512, 3), 255, dtype=np.uint8)
        large[64:128, : int(a[1, 1]) + 1] = 0
        return picture(large, "BMP")

    file = save_zip(tmp_path, picture_files((scan(a) for a in (*TRAIN, *TEST)), "bmp"))
    with zipfile.ZipFile(tmp_path / file) as archive:
        assert min(e.file_size / e.compress_size for e in archive.infolist()) > 200
    assert decision(read(tmp_path, file), "data_size") == "Images of 512×512 pixels are scaled to 8×8."


def test_a_picture_that_unpacks_to_too_much_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_list, "MAX_IMAGE_BYTES", 1_000)
    monkeypatch.setattr(folders, "read_picture", lambda *_: pytest.fail("a picture was read"))
    with pytest.raises(DatasetUnreadable, match=r"big\.png unpacks to 0 MB, and at most"):
        read(tmp_path, save_zip(tmp_path, {**plain_files(), "train/c0/big.png": bytes(2_000)}))


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    bomb = picture(Image.new("1", (9_000, 9_000)))
    assert len(bomb) < 20_000
    with pytest.raises(DatasetUnreadable, match=r"0000\.png has 9,000×9,000 pixels, and at most 67,108,864"):
        read(tmp_path, save_zip(tmp_path, {**plain_files(), "train/c0/0000.png": bomb}))


def test_a_picture_far_beyond_that_is_refused_too(tmp_path: Path) -> None:
    header = bytearray(picture(TRAIN[0]))
    header[16:24] = struct.pack(">II", 200_000, 200_000)
    with pytest.raises(DatasetUnreadable, match=r"0000\.png is not an image that can be read"):
        read(tmp_path, save_zip(tmp_path, {**plain_files(), "train/c0/0000.png": bytes(header)}))


@pytest.mark.parametrize("deep", [False, True])
def test_what_would_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deep: bool) -> None:
    files = plain_files()
    if deep:
        files["test/c2/0023.png"] = picture(TEST[-1].astype(np.uint16) * 257)
    monkeypatch.setattr(unpacking, "MAX_DECODED_BYTES", 24 * 64 - (0 if deep else 1))
    with pytest.raises(DatasetUnreadable, match=r"images would take .* a smaller `dataset\.size`"):
        read(tmp_path, save_zip(tmp_path, files))


def test_too_many_pixels_altogether_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_TOTAL_PIXELS", 23 * 64)
    with pytest.raises(DatasetUnreadable, match="too many pixels to decode"):
        read(tmp_path, save_zip(tmp_path, plain_files()))


# --- names --------------------------------------------------------------------------------------------------


def test_class_folders_stand_in_natural_order(tmp_path: Path) -> None:
    names = {"c0": "2", "c1": "10", "c2": "1"}
    files = {
        path.replace(c, n): file
        for path, file in plain_files().items()
        for c, n in names.items()
        if c in path
    }
    data = read(tmp_path, save_zip(tmp_path, files))
    assert data.names == ("1", "2", "10")
    place = data.train.labels.tolist().index(2)
    assert np.array_equal(data.train.pixels[place, 0].numpy(), TRAIN[1])


def test_composed_and_decomposed_folders_are_one_class(tmp_path: Path) -> None:
    files = {}
    for path, file in plain_files().items():
        form = "e\u0301" if path.startswith("test") or "0003" in path else "\u00e9"
        files[path.replace("c0", form)] = file
    data = read(tmp_path, save_zip(tmp_path, files))
    assert data.names == ("c1", "c2", "\u00e9")
    assert data.test.labels.bincount().tolist() == data.train.labels.bincount().tolist() == [4, 4, 4]


def test_names_in_utf_8_without_its_mark_are_read(tmp_path: Path) -> None:
    save_zip(tmp_path, {path.replace("c0", "\u00e9"): file for path, file in plain_files().items()})
    content = bytearray((tmp_path / "own.zip").read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := content.find(mark, start)) >= 0:
            content[start + offset + 1] &= 0xFF ^ 0x08
            start += 4
    (tmp_path / "own.zip").write_bytes(content)
    assert read(tmp_path, "own.zip").names == ("c1", "c2", "\u00e9")


@pytest.mark.parametrize("wrap", ["", "mine/", "a/b/"])
def test_what_file_managers_leave_behind_is_passed_over_and_said_once(tmp_path: Path, wrap: str) -> None:
    files = {wrap + path: file for path, file in plain_files().items()}
    junk = [f"__MACOSX/{wrap}train/c0/._0000.png", f"{wrap}.DS_Store", f"{wrap}train/c1/Thumbs.db",
            f"{wrap}test/c2/desktop.ini", f"{wrap}train/c0/._0000.png", "README.md",
            f"{wrap}train/labels.csv", f"{wrap}.ipynb_checkpoints/train/c0/0000.png",
            f"{wrap}train/c0/@eaDir/0000.png"]  # fmt: skip
    save_zip(tmp_path, files | dict.fromkeys(junk, b"junk"))
    with zipfile.ZipFile(tmp_path / "own.zip", "a") as target:
        target.mkdir(f"{wrap}train/empty")
    data = read(tmp_path, "own.zip")
    assert torch.equal(shades(data), expected())
    assert data.names == ("c0", "c1", "c2")
    notes = [note for note in data.notes if note.subject == "data_passed_over"]
    assert len(notes) == 1
    assert f"({len(junk)} in all)" in notes[0].text


def test_parts_are_found_in_any_case_and_with_backslashes(tmp_path: Path) -> None:
    files = {
        path.replace("train/", "Train/").replace("/", "\\"): file for path, file in plain_files().items()
    }
    assert torch.equal(shades(read(tmp_path, save_zip(tmp_path, files))), expected())


@pytest.mark.parametrize(
    "name",
    ["1.png", "val/c0/1.png", "train/1.png", "train/c0/deeper/1.png", "train/../1.png", "../train/c0/1.png",
     "/train/c0/1.png", "train/c0/../../1.png", "other/train/c0/1.png"],
)  # fmt: skip
def test_a_picture_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetUnreadable, match=r"which is not train/<class>/<image>"):
        read(tmp_path, save_zip(tmp_path, {**plain_files(), name: picture(TRAIN[0])}))


def test_control_characters_in_names_are_shown_escaped(tmp_path: Path) -> None:
    hostile = "a\x1b[2J\x07\u202e\n"
    files = {path.replace("c0", hostile): file for path, file in plain_files().items()}
    data = read(tmp_path, save_zip(tmp_path, files))
    assert data.names[0] == r"a\x1b[2J\x07\u202e\n"
    assert all(note.text.isprintable() for note in data.notes)
    with pytest.raises(DatasetUnreadable) as refusal:
        read(tmp_path, save_zip(tmp_path, {**files, f"train/{hostile}/{hostile}.png": b"none"}))
    assert str(refusal.value).isprintable()


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    twice = [*plain_files().items(), ("train/c0/0000.png", picture(TEST[0]))]
    with pytest.warns(UserWarning, match="Duplicate"):
        save_zip(tmp_path, twice)
    with pytest.raises(DatasetUnreadable, match=r"holds train/c0/0000\.png 2 times; keep one"):
        read(tmp_path, "own.zip")


# --- what cannot be unpacked --------------------------------------------------------------------------------


def marked(content: bytes, flags: int = 0, method: int | None = None) -> bytes:
    """Every entry with these flags and this compression in its headers."""
    changed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := changed.find(mark, start)) >= 0:
            changed[start + at] |= flags
            if method is not None:
                changed[start + at + 2 : start + at + 4] = struct.pack("<H", method)
            start += 4
    return bytes(changed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: marked(c, flags=1), "locked with a password"),
        (lambda c: marked(c, flags=0x41), "locked with a password"),
        (lambda c: marked(c, method=97), "cannot be read"),
        (lambda c: marked(c, method=9), "cannot be read"),
        (lambda c: marked(c, method=14), "cannot be read"),
        (lambda c: marked(c, method=12), "cannot be read"),
        (lambda c: c[: len(c) // 2], "cannot be read"),
        (lambda c: c[:60] + bytes(40) + c[100:], "cannot be read|not an image"),
        (lambda c: b"", "cannot be read"),
        (lambda c: b"PK\x05\x06" + bytes(18), "no training images"),
    ],
    ids=[
        "password",
        "strong",
        "method 97",
        "deflate64",
        "lzma",
        "bzip2",
        "half",
        "zeros",
        "nothing",
        "empty",
    ],
)
def test_what_cannot_be_unpacked_is_refused_in_one_sentence(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    content = (tmp_path / save_zip(tmp_path, plain_files())).read_bytes()
    (tmp_path / "own.zip").write_bytes(change(content))
    with pytest.raises(DatasetUnreadable, match=message) as refusal:
        read(tmp_path, "own.zip")
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("form", pictures.FORMATS)
def test_a_damaged_picture_is_named(tmp_path: Path, form: str) -> None:
    whole = picture(glyphs(5, 1)[0], form)
    for cut in (len(whole) // 3, len(whole) // 2):
        save_zip(tmp_path, {**plain_files(), "train/c0/0000.png": whole[:cut]})
        with pytest.raises(DatasetUnreadable, match=r"train/c0/0000\.png is not an image that can be read"):
            read(tmp_path, "own.zip")
