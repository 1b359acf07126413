"""The wiring of Siaga: settings, addresses, the API, the live feed and the processes.
What happened lives in `incidents`, who goes in `dispatch`."""

from commandcenter.celery import app as celery_app

__all__ = ["celery_app"]
