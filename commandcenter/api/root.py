"""The API itself: its routers, its accounts, its errors, its OpenAPI document."""

from ninja import NinjaAPI

from commandcenter.api import calls, catalog, dispatching, errors, incidents
from commandcenter.api.accounts import Bearer, Session

api = NinjaAPI(
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
