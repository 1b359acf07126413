"""Pages of the administrator's site: agencies, stations, units, capabilities, unit types and response plans.
No rule lives here: what a change means is in `actions/configure.py`, the CSV file in `exchange.py`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from dispatch.actions.configure import CHANGES, check_unit_may_rest
from dispatch.exchange import UnitResource
from dispatch.models import (
    Agency,
    Capability,
    Device,
    PlanItem,
    PositionCount,
    ResponsePlan,
    Station,
    Unit,
    UnitType,
)
from incidents.access import may
from incidents.admin_site import CenterAdmin, CenterForm, CenterInline, ReadOnlyAdmin, center_of, site, user_of
from incidents.uploads import BYTES_OF_MB, Unacceptable, check_csv


@admin.register(Agency, site=site)
class AgencyAdmin(CenterAdmin):
    changes = CHANGES
    list_display = ("name_id", "code", "discipline", "auto_dispatch_up_to", "acceptance_seconds", "is_active")
    list_filter = ("discipline", "is_active")
    search_fields = ("code", "name_id", "name_en")
    filter_horizontal = ("zones",)
    fields = (
        "name_id",
        "name_en",
        "code",
        "discipline",
        "auto_dispatch_up_to",
        "acceptance_seconds",
        "is_active",
        "zones",
    )


@admin.register(Capability, site=site)
class CapabilityAdmin(CenterAdmin):
    changes = CHANGES
    list_display = ("name_id", "name_en", "code")
    search_fields = ("code", "name_id", "name_en")
    list_per_page = 50


@admin.register(UnitType, site=site)
class UnitTypeAdmin(CenterAdmin):
    changes = CHANGES
    list_display = ("name_id", "name_en", "code", "discipline", "turnout_seconds", "top_speed_kmh")
    list_filter = ("discipline",)
    search_fields = ("code", "name_id", "name_en")


@admin.register(Station, site=site)
class StationAdmin(CenterAdmin):
    changes = CHANGES
    list_display = ("name", "code", "kind", "agency", "address")
    fields = ("name", "code", "kind", "agency", "address", "location")
    list_filter = ("kind", ("agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("agency",)
    search_fields = ("code", "name", "address")
    list_per_page = 50


class UnitForm(CenterForm):
    """A unit's facts; its status belongs to the room."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk is not None and not cleaned.get("is_active", True):
            check_unit_may_rest(Unit(pk=self.instance.pk, call_sign=self.instance.call_sign, is_active=False))
        return cleaned


class UnitImportForm(ImportForm):  # type: ignore[misc]
    """The file is looked at before the library parses it."""

    def clean_import_file(self) -> Any:
        handed = self.cleaned_data["import_file"]
        try:
            if handed.size > settings.IMPORT_MB_MAX * BYTES_OF_MB:
                # Not read to be told so.
                raise Unacceptable(_("The file is larger than %(size)s MB.") % {"size": f"{settings.IMPORT_MB_MAX:g}"})
            check_csv(handed.read())
        except Unacceptable as refusal:
            raise ValidationError(str(refusal)) from None
        handed.seek(0)
        return handed


@admin.register(Unit, site=site)
class UnitAdmin(CenterAdmin, ImportExportModelAdmin):  # type: ignore[misc]
    """Units are taken out of use, not deleted: the timeline names them, and the consoles see them leave."""

    changes = CHANGES
    form = UnitForm
    import_form_class = UnitImportForm
    export_form_class = ExportForm
    resource_classes = [UnitResource]
    formats = [CSV]
    exclude: tuple[str, ...] = ("center", "status", "version")
    fields = ("call_sign", "agency", "unit_type", "station", "is_active", "capabilities", "crew")
    list_display = ("call_sign", "agency", "unit_type", "station", "status", "is_active")
    list_filter = (
        ("agency", admin.RelatedOnlyFieldListFilter),
        ("unit_type", admin.RelatedOnlyFieldListFilter),
        "status",
        "is_active",
    )
    list_select_related = ("agency", "unit_type", "station")
    search_fields = ("call_sign",)
    filter_horizontal = ("capabilities", "crew")
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may(user_of(request), "administer")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may(user_of(request), "administer")

    def get_resource_kwargs(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {"center": center_of(request), "by": user_of(request)}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "crew":
            people = db_field.remote_field.model.objects
            kwargs["queryset"] = people.filter(center=center_of(request), role="crew").order_by("username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class PlanItemInline(CenterInline):
    model = PlanItem
    center_path = "plan__center"
    extra = 0
    min_num = 1


@admin.register(ResponsePlan, site=site)
class ResponsePlanAdmin(CenterAdmin):
    changes = CHANGES
    list_display = ("incident_type", "priority", "lines")
    list_filter = (("incident_type", admin.RelatedOnlyFieldListFilter), "priority")
    list_select_related = ("incident_type",)
    search_fields = ("incident_type__name_id", "incident_type__name_en", "incident_type__code")
    ordering = ("incident_type__name_id", "priority")
    inlines = (PlanItemInline,)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResponsePlan]:
        return super().get_queryset(request).prefetch_related("items__agency", "items__capability")

    @admin.display(description=_("lines of the plan"))
    def lines(self, plan: ResponsePlan) -> str:
        return " · ".join(str(item) for item in plan.items.all())


@admin.register(Device, site=site)
class DeviceAdmin(CenterAdmin):
    """Phones and trackers that report under an identifier of their own."""

    changes = CHANGES
    list_display = ("device_id", "unit")
    fields = ("device_id", "unit")
    list_select_related = ("unit",)
    search_fields = ("device_id", "unit__call_sign")
    list_per_page = 50


@admin.register(PositionCount, site=site)
class PositionCountAdmin(ReadOnlyAdmin):
    list_display = ("day", "reason", "count")
    list_filter = ("reason",)
    date_hierarchy = "day"
