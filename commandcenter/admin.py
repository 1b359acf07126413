"""Pages of the administrator's site on the installation itself, to look at only: backups, drills, standbys."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from commandcenter.recovery import summary
from incidents.admin_site import ReadOnlyAdmin, site
from incidents.models import RecoveryRecord


@admin.register(RecoveryRecord, site=site)
class RecoveryRecordAdmin(ReadOnlyAdmin):
    """The same for every center: they share one database."""

    list_display = ("at", "kind", "is_good", "took", "backup", "reached_at", "error")
    list_filter = ("kind", "is_good")
    ordering = ("-at",)
    list_before_template = "admin/recovery_summary.html"

    class Media:
        css = {"screen": ("css/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecoveryRecord]:
        return RecoveryRecord.objects.all()

    @admin.display(description=_("seconds"), ordering="seconds")
    def took(self, record: RecoveryRecord) -> str:
        return f"{record.seconds:.1f}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **summary()})
