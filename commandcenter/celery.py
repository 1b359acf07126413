"""The Celery application: hands owed jobs to workers. Redis only carries hints, the job rows hold the truth.
No task body lives here; jobs are run by `commandcenter/tasks.py`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commandcenter.settings")

app = Celery("siaga")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["commandcenter"])
