"""``python -m anpyc_server.openapi`` prints the OpenAPI document, without starting a server."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from fastapi import FastAPI

from anpyc_server import __version__
from anpyc_server.api import methods_at, router
from anpyc_server.errors import described_errors
from anpyc_server.resources.figures.service import described_options
from anpyc_server.resources.live.schemas import described_events


class Application(FastAPI):
    """Describes the options of figures as the figures declare them, and the events of streams."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            described = super().openapi()
            for path in ("/api/figures/{name}", "/api/figures/{name}.{form}"):
                described["paths"][path]["get"]["parameters"] += described_options()
            schemas = described["components"]["schemas"] | described_events() | described_errors()
            described["components"]["schemas"] = dict(sorted(schemas.items()))
            _leave_out_text(described)
        assert self.openapi_schema is not None  # noqa: S101 - made above
        return self.openapi_schema


def _leave_out_text(described: dict[str, Any]) -> None:
    """FastAPI calls a stream of events a text, beside what each event is."""
    for methods in described["paths"].values():
        for content in methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).values():
            if "itemSchema" in content:
                content.pop("schema", None)


def bare_app(**options: Any) -> FastAPI:
    """The application's routes and description, with nothing behind them."""
    app = Application(
        title="ANPyC Dashboard",
        version=__version__,
        description="Continual learning: submit runs, watch forgetting live, inspect pruned parameters.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
        **options,
    )
    app.include_router(router)
    app.state.methods_at = methods_at
    return app


@cache
def document() -> str:
    """The document as indented JSON with a final newline."""
    return json.dumps(bare_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document(), end="")
