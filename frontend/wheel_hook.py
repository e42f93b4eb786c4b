"""Build hook: puts the built front end into the wheel as ``anpyc_server/static``."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        dist = Path(self.root) / "frontend" / "dist"
        if not (dist / "index.html").is_file():
            raise SystemExit("The front end is not built. Run `make frontend` first, then build the wheel.")
        build_data["force_include"][str(dist)] = "anpyc_server/static"
