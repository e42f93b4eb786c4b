"""What a worker finds out of its processor."""

from __future__ import annotations

import pytest

from anpyc_worker.device import multiplies_in_bfloat16


@pytest.mark.parametrize(
    ("flags", "able"),
    [
        ("fpu avx2 avx512f avx512_bf16", True),
        ("fpu avx2 avx512f amx_bf16 amx_tile", True),
        ("fpu avx2 avx512f avx512_vnni", False),
        ("", False),
    ],
)
def test_it_multiplies_in_bfloat16_where_its_flags_say_so(flags: str, able: bool) -> None:
    lines = [
        "processor\t: 0",
        "model name\t: Some amx_bf16 CPU",
        f"flags\t\t: {flags}",
        "flags\t\t: amx_bf16",
    ]
    assert multiplies_in_bfloat16(lines) is able


def test_a_machine_that_tells_nothing_is_not_taken_to() -> None:
    assert multiplies_in_bfloat16([]) is False
