"""Other programs to be measured beside, each in an environment of its own under ``.bench``."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOM = HERE.parent / ".bench"
AVALANCHE = ("avalanche-lib==0.6.0",)
MLFLOW = ("mlflow>=3.17,<4",)


def environment(name: str, requirements: tuple[str, ...], *, with_torch: bool = False) -> Path:
    """The interpreter of an environment that has these, made at the first call.

    :param with_torch: it uses the torch of this interpreter, so that both are measured with the same one.
    :raises subprocess.CalledProcessError: when they cannot be installed; pip has said why.
    """
    room = ROOM / name
    python, stamp = room / "bin" / "python", room / "installed"
    if stamp.exists() and stamp.read_text() == repr(requirements):
        return python
    print(f"Installing {', '.join(requirements)} into {room} …", flush=True)
    venv.create(room, clear=True, with_pip=True)
    if with_torch:
        packages = f"python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        (room / "lib" / packages / "of_the_host.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    stamp.write_text(repr(requirements))
    return python
