"""The administrator's site and what all its pages share: who may enter, one center only, every change told.
The pages of each app are in its `admin.py`."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from leaflet.admin import LeafletGeoAdminMixin
from unfold.admin import ModelAdmin, TabularInline
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextInputWidget

from incidents.access import may
from incidents.actions import configure
from incidents.models import Center, User, Zone
from incidents.models.incident import HIGHEST_PRIORITY, LOWEST_PRIORITY
from incidents.replica import read_old
from incidents.typed import Unkeepable, tidy_name


def user_of(request: HttpRequest) -> User:
    """The administrator who asks; the site lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def center_of(request: HttpRequest) -> Center:
    center = user_of(request).center
    if center is None:
        raise PermissionDenied
    return center


def zones_geojson(request: HttpRequest) -> JsonResponse:
    """The ground of the map fields: the center's zones as GeoJSON."""
    zones = Zone.objects.filter(center=center_of(request))
    features = [
        {"type": "Feature", "properties": {"name": zone.name}, "geometry": json.loads(zone.outline.geojson)}
        for zone in zones
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


class SiagaAdminSite(UnfoldAdminSite):
    """Open to administrators of a center, by role alone."""

    index_title = _("Settings of the center")

    def get_urls(self) -> list[URLPattern]:
        return [path("zones.geojson", self.admin_view(zones_geojson), name="zones_geojson"), *super().get_urls()]

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.center is not None and may(user, "administer")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Siaga has one login page; whoever is logged in and not an administrator is refused."""
        if self.has_permission(request):
            return redirect_to_login("/", reverse("admin:index"))
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), settings.LOGIN_URL)


site = SiagaAdminSite()


class ByRole:
    """Permissions by role, not by Django's permission rows."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and may(request.user, "administer")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)


class ReadOnly(ByRole):
    """To look at: what happened is not edited."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CenterForm(forms.ModelForm):  # type: ignore[type-arg]
    """Sets the center before validation, so that a code used twice is a message and not a database error."""

    center: Center

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hasattr(self.instance, "center_id") and self.instance.center_id is None:
            self.instance.center = self.center

    def clean(self) -> dict[str, Any]:
        """Every typed text in the one form (`incidents/typed.py`); passwords are taken as they are."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name, value in list(cleaned.items()):  # an error takes its field out
            if isinstance(value, str) and "password" not in name:
                try:
                    cleaned[name] = tidy_name(value)
                except Unkeepable as error:
                    self.add_error(name, str(error))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"center"}  # type: ignore[misc, no-any-return]


class OneCenter:
    """Only rows of the administrator's own center, in lists and in choices."""

    center_path = "center"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.filter(**{self.center_path: center_of(request)})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", _choices(db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", _choices(db_field, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


def _choices(db_field: Any, request: HttpRequest) -> models.QuerySet[Any]:
    related = db_field.remote_field.model
    rows: models.QuerySet[Any] = related._default_manager.all()
    names = {field.name for field in related._meta.get_fields()}
    return rows.filter(center=center_of(request)) if "center" in names else rows


class CenterAdmin(ByRole, OneCenter, LeafletGeoAdminMixin, ModelAdmin):  # type: ignore[misc]
    """A page of settings: the change is written, then told once, in one transaction."""

    form = CenterForm
    exclude: tuple[str, ...] = ("center",)
    changes: dict[type[models.Model], configure.Change] = configure.CHANGES
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}
    settings_overrides = {"SCALE": "metric", "MINIMAP": False}
    compressed_fields = True
    warn_unsaved_form = True
    list_fullwidth = True

    class Media:
        js = ("js/admin/zones.js",)
        css = {"screen": ("css/admin.css",)}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"center": center_of(request)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        concrete = {field.name for field in obj._meta.concrete_fields}
        configure.write_row(obj, [name for name in form.changed_data if name in concrete])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change or form.has_changed() or any(formset.has_changed() for formset in formsets):
            self.record(request, [form.instance])

    def record(self, request: HttpRequest, rows: list[Any]) -> None:
        configure.record_change(center_of(request), user_of(request), rows, self.changes[self.model])

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """What stands in the way is named first; that it may not be deleted either is no help."""
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return found, counts, set() if protected else lacking, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        configure.delete_row(center_of(request), user_of(request), obj, self.changes[self.model])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.delete_model(request, row)


class CenterInline(ByRole, OneCenter, TabularInline):  # type: ignore[misc]
    """Lines of a page of settings; told with their page."""


class NewestOnly(Paginator):  # type: ignore[type-arg]
    """Pages through the newest rows; counting years of them would take longer than anybody looks at."""

    ROWS_MAX = 5000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list[: self.ROWS_MAX]
        return int(rows.count())


class TypeOfCenter(admin.RelatedFieldListFilter):
    """All of the center's kinds: to offer only those that occur, every incident would be read."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        choices: list[Any] = field.get_choices(include_blank=False, limit_choices_to={"center": center_of(request)})
        return choices


class AnyPriority(admin.SimpleListFilter):
    """All five, for the same reason."""

    title = _("priority")
    parameter_name = "priority__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(priority), f"P{priority}") for priority in range(HIGHEST_PRIORITY, LOWEST_PRIORITY + 1)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        asked = self.value()
        return queryset.filter(priority=asked) if asked in dict(self.lookup_choices) else queryset


class ReadOnlyAdmin(ReadOnly, OneCenter, ModelAdmin):  # type: ignore[misc]
    """A page to look at."""

    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    paginator = NewestOnly
    is_history = False
    """Whether its list may be a little old, and is read from the replica when there is one."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        def view() -> HttpResponse:
            response: HttpResponse = super(ReadOnlyAdmin, self).changelist_view(request, extra_context)
            # Drawn here: the rows are read while the page is drawn.
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

        return read_old(view) if self.is_history and request.method == "GET" else view()


__all__ = [
    "AnyPriority",
    "CenterAdmin",
    "CenterForm",
    "CenterInline",
    "ReadOnlyAdmin",
    "TypeOfCenter",
    "center_of",
    "site",
    "user_of",
]
