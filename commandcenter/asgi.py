"""The ASGI application: pages and API through Django, the live feed through Channels. The server is a setting."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commandcenter.settings")
django.setup()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - Django must be set up first

from commandcenter.edge import Edge  # noqa: E402
from commandcenter.handler import OneHopHandler  # noqa: E402
from commandcenter.limits.guard import Guard  # noqa: E402
from commandcenter.live.addresses import websockets  # noqa: E402
from commandcenter.tracking.http import TrackersFirst  # noqa: E402

application = Edge(Guard(ProtocolTypeRouter({"http": TrackersFirst(OneHopHandler()), "websocket": websockets})))
