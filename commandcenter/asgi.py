"""The ASGI application: pages and API through Django, the live feed through Channels. The server is a setting."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commandcenter.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402 - Django must be set up first

from commandcenter.live.addresses import websockets  # noqa: E402
from commandcenter.tracking.http import TrackersFirst  # noqa: E402

application = ProtocolTypeRouter({"http": TrackersFirst(django_application), "websocket": websockets})
