"""All resources below /api."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from anpyc_server.errors import ANYWHERE
from anpyc_server.resources.access.endpoints import router as access
from anpyc_server.resources.catalog.endpoints import router as catalog
from anpyc_server.resources.compare.endpoints import router as compare
from anpyc_server.resources.exports.endpoints import router as exports
from anpyc_server.resources.family.endpoints import router as family
from anpyc_server.resources.figures.endpoints import router as figures
from anpyc_server.resources.groups.endpoints import router as groups
from anpyc_server.resources.health.endpoints import router as health
from anpyc_server.resources.live.endpoints import router as live
from anpyc_server.resources.masks.endpoints import router as masks
from anpyc_server.resources.notes.endpoints import router as notes
from anpyc_server.resources.preview.endpoints import router as preview
from anpyc_server.resources.projects.endpoints import router as projects
from anpyc_server.resources.recorded.endpoints import router as recorded
from anpyc_server.resources.runs.endpoints import router as runs
from anpyc_server.resources.storage.endpoints import router as storage
from anpyc_server.resources.sweeps.endpoints import router as sweeps
from anpyc_server.resources.views.endpoints import router as views
from anpyc_server.resources.whatif.endpoints import router as whatif
from anpyc_server.resources.workers.endpoints import router as workers

PREFIX = "/api"
RESOURCES = (
    health,
    catalog,
    runs,
    projects,
    views,
    preview,
    family,
    recorded,
    masks,
    whatif,
    exports,
    live,
    sweeps,
    groups,
    compare,
    figures,
    notes,
    workers,
    storage,
    access,
)

router = APIRouter(prefix=PREFIX, responses=ANYWHERE)
for _resource in RESOURCES:
    router.include_router(_resource)

_ROUTES = [route for resource in RESOURCES for route in resource.routes if isinstance(route, APIRoute)]
_ADDRESSES = [
    (PREFIX + route.path, compile_path(PREFIX + route.path)[0], frozenset(route.methods)) for route in _ROUTES
]


def methods_at(path: str) -> list[str]:
    """What an address takes; empty where there is none. ``/api/runs/export`` is no run of that name."""
    matching = [(address, methods) for address, pattern, methods in _ADDRESSES if pattern.match(path)]
    exact = [methods for address, methods in matching if address == path]
    return sorted(set().union(*(exact or [methods for _, methods in matching])))
