"""Units as a CSV file: what an export writes and an import reads. Identified by call sign, other tables by code.
One file is one transaction; what a change means for the board is in `actions/configure.py`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets

from dispatch.actions.configure import CHANGES, check_unit_may_rest
from dispatch.models import Agency, Capability, Station, Unit, UnitType
from incidents.actions.configure import record_change, write_row
from incidents.models import Center, User
from incidents.typed import Unkeepable, tidy_name

# A spreadsheet runs a cell that begins like this: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SEPARATOR = "|"
CALL_SIGN_CHARACTERS_MAX = Unit._meta.get_field("call_sign").max_length or 0


class ByCode(widgets.ForeignKeyWidget):  # type: ignore[misc]
    """A row of the same center by its code; an unknown code is said in words."""

    def __init__(self, model: type[models.Model], center: Center) -> None:
        super().__init__(model, "code")
        self.center = center

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        code = str(value or "").strip()
        if not code:
            return None
        found = self.model.objects.filter(center=self.center, code=code).first()
        if found is None:
            raise ValueError(
                _("There is no %(what)s “%(code)s”.") % {"what": self.model._meta.verbose_name, "code": code}
            )
        return found


class ByCodes(widgets.ManyToManyWidget):  # type: ignore[misc]
    """Codes parted by |; every one must exist."""

    def __init__(self, model: type[models.Model], center: Center) -> None:
        super().__init__(model, separator=SEPARATOR, field="code")
        self.center = center

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        codes = {code.strip() for code in str(value or "").split(SEPARATOR) if code.strip()}
        found = list(self.model.objects.filter(center=self.center, code__in=codes))
        unknown = sorted(codes - {one.code for one in found})
        if unknown:
            what = {"what": self.model._meta.verbose_name, "code": ", ".join(unknown)}
            raise ValueError(_("There is no %(what)s “%(code)s”.") % what)
        return found


class YesNo(widgets.BooleanWidget):  # type: ignore[misc]
    """1 or 0; what is neither is refused instead of being taken for no."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        taken = super().clean(str(value or "").strip(), row, **kwargs)
        if taken is None:
            raise ValueError(_("Write 1 for yes or 0 for no."))
        return bool(taken)


class UnitResource(resources.ModelResource):  # type: ignore[misc]
    """call_sign, agency, unit_type, station, capabilities, is_active. A status is never imported."""

    class Meta:
        model = Unit
        import_id_fields = ("call_sign",)
        fields = ("call_sign", "agency", "unit_type", "station", "capabilities", "is_active")
        export_order = fields
        import_order = fields
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def __init__(self, center: Center, by: User, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.center, self.by = center, by
        self.written: dict[int, Unit] = {}
        for name, model in (("agency", Agency), ("unit_type", UnitType), ("station", Station)):
            self.fields[name] = fields.Field(name, name, widget=ByCode(model, center))
        self.fields["capabilities"] = fields.Field(
            "capabilities", "capabilities", widget=ByCodes(Capability, center), m2m_add=False
        )
        self.fields["is_active"] = fields.Field("is_active", "is_active", widget=YesNo())

    def get_queryset(self) -> models.QuerySet[Unit]:
        return Unit.objects.filter(center=self.center).select_related("agency", "unit_type", "station")

    def init_instance(self, row: Any = None) -> Unit:
        return Unit(center=self.center)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        for name, value in row.items():
            text = str(value).strip() if value is not None else ""
            text = text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
            try:
                row[name] = tidy_name(text)
            except Unkeepable as error:
                raise ValidationError({name if name in self.fields else "call_sign": str(error)}) from error
        if not row.get("call_sign"):
            raise ValidationError({"call_sign": _("A unit needs a call sign.")})
        # The library reads many-to-many cells after saving the row, too late to say every bad row at once.
        try:
            self.fields["capabilities"].widget.clean(row.get("capabilities"), row)
        except ValueError as error:
            raise ValidationError({"capabilities": str(error)}) from error

    def validate_instance(
        self, instance: Unit, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        errors = dict(import_validation_errors or {})
        for name in ("agency", "unit_type"):
            if name not in errors and getattr(instance, f"{name}_id") is None:
                errors[name] = ValidationError(_("This must not be empty."))
        if len(instance.call_sign) > CALL_SIGN_CHARACTERS_MAX:
            errors["call_sign"] = ValidationError(_("The call sign is too long."))
        if errors:
            raise ValidationError(errors)
        check_unit_may_rest(instance)

    def do_instance_save(self, instance: Unit, is_create: bool) -> None:
        write_row(instance, ["agency", "unit_type", "station", "is_active"])

    def after_save_instance(self, instance: Unit, row: Any, **kwargs: Any) -> None:
        self.written[instance.pk] = instance

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        if kwargs.get("dry_run") or result.has_errors() or result.has_validation_errors():
            return
        record_change(self.center, self.by, self.written.values(), CHANGES[Unit])

    def export_field(self, field: Any, instance: Unit, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
