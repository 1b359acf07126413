"""The API itself: its routers, its accounts, its errors, its OpenAPI document. Starts only when every operation has its row."""

from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from commandcenter.api import calls, catalog, dispatching, errors, incidents
from commandcenter.api.accounts import Bearer, Session
from commandcenter.api.trackers import TRACK
from commandcenter.doors import check_operations


class SiagaAPI(NinjaAPI):
    """With the trackers' address, which is answered before Django."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        schema["paths"] = {**schema["paths"], "/track": TRACK}
        return schema


def operations() -> Iterator[tuple[str, str, Any]]:
    """(method, path below the prefix, view) of each operation."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, f"{prefix}{path}", operation.view_func


api = SiagaAPI(
    title="Siaga",
    version="1",
    description="One emergency number, one room. Times are ISO 8601 UTC, places WGS84 degrees.",
    auth=[Bearer(), Session()],
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/calls", calls.router)
api.add_router("/incidents", incidents.router)
api.add_router("", dispatching.router)
api.add_router("", catalog.router)
errors.install(api)
check_operations(operations())
