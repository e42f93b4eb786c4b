"""An npz as people save it: ranges, axes, alpha, labels, and what is refused."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from anpyc.datasets import arrays, unpacking
from anpyc.errors import DatasetUnreadable
from unit.anpyc.datasets.archives import (
    LABELS,
    TEST,
    TRAIN,
    Array,
    decision,
    expected,
    glyphs,
    read,
    save_arrays,
    shades,
)

Change = Callable[[Array], Array]

# --- the range of the numbers -------------------------------------------------------------------------------

RANGES: dict[str, tuple[Change, str]] = {
    "bytes": (lambda a: a, "0…255"),
    "int32 in bytes": (lambda a: a.astype(np.int32), "0…255"),
    "uint16 in bytes": (lambda a: a.astype(np.uint16), "0…255"),
    "float64 in bytes": (lambda a: a.astype(np.float64), "0…255"),
    "float32 in bytes, not whole": (lambda a: a * np.float32(0.999), "0…255"),
    "overshoot": (lambda a: a / 255 * 1.0009, "0…1"),
    "float64 in one": (lambda a: a / 255, "0…1"),
    "float16 in one": (lambda a: (a / 255).astype(np.float16), "0…1"),
    "float32 around zero": (lambda a: (a / 127.5 - 1).astype(np.float32), "-1…1"),
    "16 bits": (lambda a: a.astype(np.uint16) * 257, "0…65,535"),
    "16 bits, the other byte order": (lambda a: (a.astype(np.uint16) * 257).astype(">u2"), "0…65,535"),
    "16 bits as floats": (lambda a: a.astype(np.float32) * 257, "0…65,535"),
    "12 bits": (lambda a: (a.astype(int) * 4095 // 255).astype(np.uint16), "0…4,095"),
    "10 bits in int64": (lambda a: a.astype(np.int64) * 1023 // 255, "0…1,023"),
    "32 bits": (lambda a: a.astype(np.uint32) * 16843009, "0…4,294,967,295"),
    "signed bytes": (lambda a: (a.astype(int) - 128).astype(np.int8), "-128…127"),
    "signed bytes as floats": (lambda a: a.astype(float) - 128, "-128…127"),
    "signed words": (lambda a: (a.astype(int) * 257 - 32768).astype(np.int16), "-32,768…32,767"),
}


@pytest.mark.parametrize(("change", "told"), RANGES.values(), ids=RANGES)
def test_numbers_of_every_known_range_become_the_same_pixels(
    tmp_path: Path, change: Change, told: str
) -> None:
    data = read(tmp_path, save_arrays(tmp_path, train_images=change(TRAIN), test_images=change(TEST)))
    assert torch.allclose(shades(data), expected(), atol=0.003)
    assert told in decision(data, "data_range")


def test_sixteen_bits_keep_their_steps(tmp_path: Path) -> None:
    fine = TRAIN.astype(np.uint16) * 257 - (TRAIN > 100) * 3
    data = read(tmp_path, save_arrays(tmp_path, train_images=fine, test_images=TEST.astype(np.uint16) * 257))
    assert torch.allclose(shades(data), torch.from_numpy(fine / 65535).float().unsqueeze(1), atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [lambda a: a > 100, lambda a: (a > 100).astype(np.uint8), lambda a: (a > 100).astype(np.float64)],
    ids=["bool", "uint8", "float64"],
)
def test_black_and_white_is_black_and_white(tmp_path: Path, change: Change) -> None:
    data = read(tmp_path, save_arrays(tmp_path, train_images=change(TRAIN), test_images=change(TEST)))
    assert torch.equal(shades(data), expected((TRAIN > 100).astype(np.uint8) * 255))


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_sixteen_steps_are_the_digits_of_scikit_learn(tmp_path: Path, dtype: Any) -> None:
    steps, others = (np.rint(a / 255 * 16).astype(dtype) for a in (TRAIN, TEST))
    data = read(tmp_path, save_arrays(tmp_path, train_images=steps, test_images=others))
    assert torch.allclose(shades(data), torch.from_numpy(steps / 16).float().unsqueeze(1), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a / 255 * 1000, "0…1,000"),
        (lambda a: a.astype(np.float32) * 4, "0…1,020"),
        (lambda a: a / 255 * 3.5, "0…3.5"),
        (lambda a: (a - a.mean()) / a.std(), "…1"),
        (lambda a: a.astype(np.int16) * 10 - 1000, "-1,000…1,550"),
        (lambda a: a.astype(np.int64) * 400, "0…102,000"),
    ],
    ids=["0…1000", "0…1020", "0…3.5", "standardised", "Hounsfield", "int64"],
)
def test_other_ranges_are_refused_with_what_was_found(tmp_path: Path, change: Change, message: str) -> None:
    file = save_arrays(tmp_path, train_images=change(TRAIN), test_images=change(TEST))
    with pytest.raises(DatasetUnreadable, match=r"no range that is known; scale them") as refusal:
        read(tmp_path, file)
    assert message in str(refusal.value)


def test_parts_on_different_scales_are_refused(tmp_path: Path) -> None:
    file = save_arrays(tmp_path, train_images=TRAIN.astype(float), test_images=TEST / 255)
    with pytest.raises(DatasetUnreadable, match=r"values of 0…255 and its test images of 0…1; scale both"):
        read(tmp_path, file)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_found(tmp_path: Path, value: float) -> None:
    broken = TEST / 255
    broken[5, 3, 3] = value
    with pytest.raises(DatasetUnreadable, match=r"Test image 5 of own\.npz has pixels that are not finite"):
        read(tmp_path, save_arrays(tmp_path, train_images=TRAIN / 255, test_images=broken))


@pytest.mark.parametrize("dtype", ["complex64", "U4", "datetime64[s]"])
def test_what_are_no_numbers_is_refused(tmp_path: Path, dtype: str) -> None:
    file = save_arrays(tmp_path, train_images=np.zeros(TRAIN.shape, dtype=dtype))
    with pytest.raises(DatasetUnreadable, match="holds train_images as"):
        read(tmp_path, file)


# --- the axis of the channels, and alpha --------------------------------------------------------------------


def colour(a: Array) -> Array:
    """(count, height, width, 3), no channel like another."""
    return np.stack([a, a[:, ::-1], a[:, :, ::-1]], axis=-1)


LAYOUTS: dict[str, tuple[Change, str]] = {
    "channels last": (lambda a: a, "channels last, colour"),
    "channels first": (lambda a: a.transpose(0, 3, 1, 2), "channels first, colour"),
    "Fortran's order": (lambda a: np.asfortranarray(a), "channels last, colour"),
    "opaque": (lambda a: np.concatenate([a, np.full_like(a[..., :1], 255)], -1), "colour and alpha"),
    "opaque, first": (
        lambda a: np.concatenate([a, np.full_like(a[..., :1], 255)], -1).transpose(0, 3, 1, 2),
        "channels first, colour and alpha",
    ),
}


@pytest.mark.parametrize(("change", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_colours_are_read_wherever_their_axis_is(tmp_path: Path, change: Change, expected: str) -> None:
    file = save_arrays(tmp_path, train_images=change(colour(TRAIN)), test_images=change(colour(TEST)))
    data = read(tmp_path, file, colour=True)
    wanted = torch.from_numpy(colour(TRAIN)).permute(0, 3, 1, 2) / 255
    assert torch.equal(shades(data), wanted)
    assert expected in decision(data, "data_layout")
    assert decision(data, "data_alpha") == ""


@pytest.mark.parametrize("axis", [1, 3])
@pytest.mark.parametrize("wanted", [False, True])
def test_a_grey_axis_is_read_wherever_it_is(tmp_path: Path, axis: int, wanted: bool) -> None:
    images = (np.expand_dims(a, axis) for a in (TRAIN, TEST))
    train, test = images
    data = read(tmp_path, save_arrays(tmp_path, train_images=train, test_images=test), colour=wanted)
    assert torch.equal(shades(data), expected().expand(-1, 3 if wanted else 1, -1, -1))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [2, 4])
def test_a_black_glyph_in_alpha_is_put_on_white(tmp_path: Path, dtype: Any, channels: int) -> None:
    def glyph(a: Array) -> Array:
        black = np.zeros((*a.shape, channels), dtype=np.uint8)
        black[..., -1] = a
        return black if dtype == np.uint8 else (black / 255).astype(dtype)

    data = read(tmp_path, save_arrays(tmp_path, train_images=glyph(TRAIN), test_images=glyph(TEST)))
    assert torch.allclose(shades(data), 1 - expected(), atol=1e-6)
    assert "white" in decision(data, "data_alpha")


def test_alpha_may_have_a_range_of_its_own(tmp_path: Path) -> None:
    def clear(a: Array) -> Array:
        return np.stack([a, (a > 100) * 1.0], axis=-1)

    data = read(tmp_path, save_arrays(tmp_path, train_images=clear(TRAIN), test_images=clear(TEST)))
    assert torch.equal(shades(data), expected(np.where(TRAIN > 100, TRAIN, 255).astype(np.uint8)))


@pytest.mark.parametrize(
    "shape",
    [(12, 3, 8, 3), (12, 1, 8, 1), (12, 4, 4, 4), (12, 8, 8, 5), (12, 8, 3, 8), (12, 64), (12, 1, 64),
     (12, 8, 8, 1, 1), (12, 0, 8)],
)  # fmt: skip
def test_a_doubtful_shape_is_refused_with_it(tmp_path: Path, shape: tuple[int, ...]) -> None:
    file = save_arrays(tmp_path, train_images=np.zeros(shape, dtype=np.uint8))
    with pytest.raises(DatasetUnreadable) as refusal:
        read(tmp_path, file)
    assert str(shape) in str(refusal.value) or "no training images" in str(refusal.value)


def test_images_are_scaled_to_the_wanted_size_and_it_is_said(tmp_path: Path) -> None:
    large = np.repeat(np.repeat(TRAIN, 2, 1), 2, 2)
    data = read(tmp_path, save_arrays(tmp_path, train_images=large))
    assert data.train.pixels.shape == (12, 1, 8, 8)
    assert decision(data, "data_size") == "Images of 16×16 and 8×8 pixels are scaled to 8×8."


# --- labels -------------------------------------------------------------------------------------------------

NUMBERS = LABELS.copy()
MAPPINGS: dict[str, tuple[Array, list[str]]] = {
    "as they are": (NUMBERS, ["0", "1", "2"]),
    "from 1": (NUMBERS + 1, ["1", "2", "3"]),
    "negative": (-NUMBERS, ["-2", "-1", "0"]),
    "huge": (NUMBERS + 10**18, [str(10**18 + n) for n in range(3)]),
    "whole floats": (NUMBERS.astype(np.float32) * 5, ["0", "5", "10"]),
    "text": (np.array(["cat", "dog", "emu"])[NUMBERS], ["cat", "dog", "emu"]),
    "numbers as text": (np.array(["9", "10", "11"])[NUMBERS], ["9", "10", "11"]),
    "bytes": (np.array([b"a2", b"a10", b"b"])[NUMBERS], ["a2", "a10", "b"]),
}


@pytest.mark.parametrize(("labels", "names"), MAPPINGS.values(), ids=MAPPINGS)
@pytest.mark.parametrize("shape", [(12,), (12, 1), (1, 12)])
def test_labels_become_classes_and_keep_their_names(
    tmp_path: Path, labels: Array, names: list[str], shape: tuple[int, ...]
) -> None:
    file = save_arrays(tmp_path, train_labels=labels.reshape(shape), test_labels=labels.reshape(shape))
    data = read(tmp_path, file)
    assert list(data.names) == names
    read_as = [data.names[label] for label in data.train.labels.tolist()]
    saved = [name.decode() if isinstance(name, bytes) else name for name in labels.tolist()]
    assert sorted(read_as) == sorted(str(int(n)) if isinstance(n, float) else str(n) for n in saved)
    for image, label in zip(data.train.pixels, read_as, strict=True):
        place = next(p for p, own in enumerate(TRAIN) if np.array_equal(own, image[0].numpy()))
        assert label == str(int(saved[place]) if isinstance(saved[place], float) else saved[place])
    assert ", ".join(names) in decision(data, "data_labels")


def test_large_labels_take_no_memory(tmp_path: Path) -> None:
    file = save_arrays(tmp_path, train_labels=LABELS + 100_000_000, test_labels=LABELS + 100_000_000)
    read(tmp_path, file)
    tracemalloc.start()
    read(tmp_path, file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_composed_and_decomposed_text_is_one_class(tmp_path: Path) -> None:
    composed, decomposed = np.array(["\u00e9", "u", "z"]), np.array(["e\u0301", "u", "z"])
    file = save_arrays(tmp_path, train_labels=composed[LABELS], test_labels=decomposed[LABELS])
    assert read(tmp_path, file).names == ("u", "z", "\u00e9")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS + 0.5, "no whole number"),
        (np.where(LABELS, LABELS, np.nan), "label nan"),
        (np.eye(3, dtype=int)[LABELS], r"\(12, 3\)"),
        (LABELS[:-1], r"shape \(11,\)"),
        (np.array(["a", "", "b"])[LABELS], "empty label"),
        (LABELS.astype(complex), "as complex128"),
    ],
    ids=["fractions", "nan", "one-hot", "too few", "empty", "complex"],
)
def test_other_labels_are_refused(tmp_path: Path, labels: Array, message: str) -> None:
    with pytest.raises(DatasetUnreadable, match=message):
        read(tmp_path, save_arrays(tmp_path, train_labels=labels))


def test_numbers_of_images_are_no_labels(tmp_path: Path) -> None:
    images, labels = glyphs(count=1_200), np.arange(1_200)
    with pytest.raises(DatasetUnreadable, match=r"1,200 different labels; at most 1,000"):
        read(tmp_path, save_arrays(tmp_path, train_images=images, train_labels=labels))


def test_sorted_images_are_dealt_out_in_turn(tmp_path: Path) -> None:
    order = np.argsort(LABELS, kind="stable")
    file = save_arrays(tmp_path, train_images=TRAIN[order], train_labels=LABELS[order])
    data = read(tmp_path, file, validation=3, train_limit=3)
    assert data.validation.labels.tolist() == data.train.labels.tolist() == [0, 1, 2]
    assert torch.equal(data.validation.pixels[:, 0], torch.from_numpy(TRAIN[:3]))
    assert "in turn" in decision(data, "data_order")


# --- the file -----------------------------------------------------------------------------------------------


def test_arrays_that_are_not_needed_are_never_opened(tmp_path: Path) -> None:
    file = save_arrays(tmp_path, class_names=np.array([{"a": 1}], dtype=object))
    assert torch.equal(shades(read(tmp_path, file)), expected())


@pytest.mark.parametrize("name", ["train_images", "test_labels"])
def test_objects_are_refused_without_being_loaded(tmp_path: Path, name: str) -> None:
    file = save_arrays(tmp_path, **{name: np.array([{}] * 12, dtype=object)})
    with pytest.raises(DatasetUnreadable, match=f"cannot be read: {name} holds objects"):
        read(tmp_path, file)


def test_an_array_that_is_not_there_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", train_images=TRAIN, train_labels=LABELS)
    with pytest.raises(DatasetUnreadable, match="no array test_images"):
        read(tmp_path, "own.npz")


@pytest.mark.parametrize(("size", "needed"), [(8, 24 * (64 + 8 + 64)), (16, 24 * (64 + 8 + 256))])
def test_what_would_not_fit_is_refused_before_an_array_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, needed: int
) -> None:
    file = save_arrays(tmp_path)
    monkeypatch.setattr(unpacking, "MAX_DECODED_BYTES", needed)
    read(tmp_path, file, size=size)
    monkeypatch.setattr(unpacking, "MAX_DECODED_BYTES", needed - 1)
    monkeypatch.setattr(arrays, "read_array", lambda *_: pytest.fail("an array was read"))
    with pytest.raises(DatasetUnreadable, match="its arrays and the pixels made of them would take"):
        read(tmp_path, file, size=size)


def test_an_array_shorter_than_it_says_is_refused(tmp_path: Path) -> None:
    save_arrays(tmp_path)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10**6, 64, 64)}
    )
    with zipfile.ZipFile(tmp_path / "own.npz") as source, zipfile.ZipFile(tmp_path / "lie.npz", "w") as lie:
        for name in source.namelist():
            lie.writestr(name, header.getvalue() if name == "train_images.npy" else source.read(name))
        lie.close()
    with pytest.raises(DatasetUnreadable):
        read(tmp_path, "lie.npz")


def damaged(content: bytes, place: int) -> bytes:
    """With a few bytes turned over."""
    return (
        content[:place] + bytes(byte ^ 0xFF for byte in content[place : place + 40]) + content[place + 40 :]
    )


@pytest.mark.parametrize("place", [70, 200, 400, -300, -30])
@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, place: int, kept: float) -> None:
    content = (tmp_path / save_arrays(tmp_path)).read_bytes()
    (tmp_path / "own.npz").write_bytes(damaged(content, place % len(content))[: int(kept * len(content))])
    with pytest.raises(DatasetUnreadable, match=r"^[^\n]*own\.npz[^\n]*\.$"):
        read(tmp_path, "own.npz")
