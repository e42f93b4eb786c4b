"""``python -m anpyc_server.openapi`` prints the OpenAPI document, without starting a server."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI

from anpyc_server import __version__
from anpyc_server.api import router
from anpyc_server.resources.figures.service import described_options
from anpyc_server.resources.live.schemas import described_events


class Application(FastAPI):
    """Describes the options of figures as the figures declare them, and the events of streams."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            described = super().openapi()
            described["paths"]["/api/figures/{name}"]["get"]["parameters"] += described_options()
            schemas = described["components"]["schemas"] | described_events()
            described["components"]["schemas"] = dict(sorted(schemas.items()))
        assert self.openapi_schema is not None  # noqa: S101 - made above
        return self.openapi_schema


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
    return app


def document() -> str:
    """The document as indented JSON with a final newline."""
    return json.dumps(bare_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document(), end="")
