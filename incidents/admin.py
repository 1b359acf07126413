"""Pages of the administrator's site: incident types, zones, people and tokens; and, to look at only, what happened.
No rule lives here: what a change means is in `actions/configure.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.gis.geos import MultiPolygon
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from incidents import access_log
from incidents.actions import accounts, configure
from incidents.admin_site import (
    AnyPriority,
    CenterAdmin,
    CenterForm,
    ReadOnlyAdmin,
    TypeOfCenter,
    center_of,
    site,
    user_of,
)
from incidents.models import Access, Alarm, Call, Feed, Incident, IncidentType, Job, TimelineEntry, Token, User, Zone
from incidents.privacy import MASK, MEDICAL, masked_number, without_numbers
from incidents.queries import WHOLE_NUMBER, newest_incidents
from incidents.words import words_of

# No search of this site reads years: it would hold a connection, and memory, while calls come in.
SEARCHED_AGE = timedelta(days=90)
SEARCHED_ENTRIES = 500_000
SEARCHED_ROWS_MAX = 500
SEARCHED = _("Searches the last 90 days")


def _in_language(words: dict[str, str]) -> str:
    return words["en" if translation.get_language() == "en" else "id"]


@admin.register(IncidentType, site=site)
class IncidentTypeAdmin(CenterAdmin):
    list_display = ("name_id", "name_en", "code", "category", "default_priority", "is_active")
    list_filter = ("category", "is_active")
    search_fields = ("code", "name_id", "name_en")
    list_per_page = 50


class ZoneForm(CenterForm):
    """An outline that crosses itself has no inside: no incident could be found in it."""

    def clean_outline(self) -> MultiPolygon:
        outline: MultiPolygon = self.cleaned_data["outline"]
        if not outline.valid:
            raise ValidationError(_("The outline crosses itself: %(why)s") % {"why": outline.valid_reason})
        return outline


@admin.register(Zone, site=site)
class ZoneAdmin(CenterAdmin):
    form = ZoneForm
    list_display = ("name", "code")
    fields = ("name", "code", "outline")
    search_fields = ("name", "code")
    list_per_page = 50


class NewPersonForm(CenterForm, UserCreationForm):  # type: ignore[misc]
    """A new login: name, password, role."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "role", "language")


class PersonForm(CenterForm, UserChangeForm):  # type: ignore[misc]
    """A login; the password has a page of its own."""


@admin.register(User, site=site)
class PersonAdmin(CenterAdmin, PlainUserAdmin):  # type: ignore[misc, type-arg]
    """Logins are switched off, not deleted: the timeline names them."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "role", "language", "is_active", "last_login")
    list_filter = ("role", "is_active", "language")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    readonly_fields = ("last_login", "date_joined", "second_factors")
    filter_horizontal = ()
    actions = ("end_sessions", "reset_second_factor", "unlock")
    actions_on_top = True
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "language")}),
        (_("Access"), {"fields": ("role", "is_active", "second_factors")}),
        (_("Seen"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "first_name",
                    "last_name",
                    "role",
                    "language",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    @admin.display(description=_("name"))
    def name(self, user: User) -> str:
        return user.name

    @admin.display(description=_("second factor"))
    def second_factors(self, user: User) -> str:
        """Which kinds there are; never what is in them."""
        types = Authenticator.objects.filter(user=user).order_by("type").values_list("type", flat=True)
        return ", ".join(sorted({str(Authenticator.Type(kind).label) for kind in types})) or "—"

    @admin.action(description=_("End all sessions of the chosen users"))
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = accounts.end_sessions(center_of(request), user_of(request), queryset)
        said = ngettext("%(count)d session ended.", "%(count)d sessions ended.", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS)

    @admin.action(description=_("Take off the lost second factor of the chosen users"))
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        others = queryset.exclude(pk=user_of(request).pk)  # the own one is changed on the page Account
        count = accounts.reset_second_factor(center_of(request), user_of(request), others)
        said = ngettext(
            "Second factor of %(count)d user taken off.", "Second factor of %(count)d users taken off.", count
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Unlock the chosen users after failed logins"))
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = accounts.unlock(center_of(request), user_of(request), queryset)
        said = ngettext("%(count)d user unlocked.", "%(count)d users unlocked.", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Nobody locks the last administrator out by mistake: one's own access is changed by another administrator.
        own = ("role", "is_active") if obj is not None and obj.pk == user_of(request).pk else ()
        return (*self.readonly_fields, *own)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.center = center_of(request)
        super().save_model(request, obj, form, change)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        response: HttpResponse = super().user_change_password(request, id, form_url)
        person = self.get_object(request, id) if request.method == "POST" and response.status_code == 302 else None
        if person is not None:
            self.record(request, [person])
        return response


@admin.register(Token, site=site)
class TokenAdmin(ReadOnlyAdmin):
    """Bearer tokens of machines: seen, rotated and revoked here, made by `manage.py create_token`. A secret is shown once."""

    center_path = "user__center"
    list_display = ("number", "user", "name", "scopes_shown", "state", "last_used_at", "expires_at", "created_at")
    list_display_links = ("number", "user")
    list_filter = (("user", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    ordering = ("-pk",)
    fields = ("user", "name", "scopes_shown", "created_at", "last_used_at", "expires_at", "revoked_at")
    readonly_fields = ("scopes_shown",)
    actions = ("rotate", "revoke")
    actions_on_top = True

    @admin.display(description=_("number"), ordering="pk")
    def number(self, token: Token) -> int:
        return token.pk

    @admin.display(description=_("scopes"))
    def scopes_shown(self, token: Token) -> str:
        return ", ".join(token.scopes) if token.scopes is not None else gettext("all of the role")

    @admin.display(description=_("state"))
    def state(self, token: Token) -> str:
        if token.revoked_at is not None:
            return gettext("revoked")
        return gettext("expired") if token.expires_at <= timezone.now() else gettext("good")

    @admin.action(description=_("Revoke the chosen tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        count = configure.revoke_tokens(center_of(request), user_of(request), queryset.select_related("user"))
        said = ngettext("%(count)d token revoked.", "%(count)d tokens revoked.", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS)

    @admin.action(description=_("Rotate the chosen tokens: new secrets, the old ones open for a while more"))
    def rotate(self, request: HttpRequest, queryset: QuerySet[Token]) -> HttpResponse:
        hours, center, by = settings.TOKEN_OVERLAP_HOURS, center_of(request), user_of(request)
        rotated, gone = [], []
        for token in queryset.select_related("user").order_by("pk"):
            try:
                secret = configure.rotate_token(center, by, token, overlap=timedelta(hours=hours))
                rotated.append({"name": str(token), "secret": secret})
            except configure.TokenGone:
                gone.append(str(token))
        shown = {"title": _("Rotated tokens"), "rotated": rotated, "gone": gone, "hours": f"{hours:g}"}
        # Drawn and not kept: neither in a message, which is a cookie, nor in the browser's cache.
        response = render(
            request, "admin/incidents/token/rotated.html", {**self.admin_site.each_context(request), **shown}
        )
        response["Cache-Control"] = "no-store"
        return response


@admin.register(Call, site=site)
class CallAdmin(ReadOnlyAdmin):
    is_history = True
    list_display = ("rang_at", "line", "number", "status", "outcome", "answered_by", "incident")
    list_filter = ("status", "outcome")
    list_select_related = ("answered_by", "incident")
    search_fields = ("caller_number", "external_id")
    search_help_text = SEARCHED
    ordering = ("-rang_at",)
    exclude = ("center", "caller_number")
    readonly_fields = ("number",)

    @admin.display(description=_("caller number"))
    def number(self, call: Call) -> str:
        """Masked, as `incidents/privacy.py` says of administrators; a reveal is the console's."""
        return masked_number(call.caller_number) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        if search_term:
            access_log.saw(user_of(request), Access.What.SEARCHED, words=without_numbers(search_term))
            queryset = queryset.filter(rang_at__gte=timezone.now() - SEARCHED_AGE)
        found: tuple[QuerySet[Call], bool] = super().get_search_results(request, queryset, search_term)
        return found


@admin.register(Incident, site=site)
class IncidentAdmin(ReadOnlyAdmin):
    is_history = True
    list_display = ("number", "type", "priority", "status", "zone", "address", "opened_at", "closed_at")
    list_filter = ("status", AnyPriority, ("type", TypeOfCenter))
    list_select_related = ("type", "zone")
    search_fields = ("number", "address", "narrative")
    search_help_text = SEARCHED
    ordering = ("-opened_at",)
    exclude = ("center", "location", "narrative")
    readonly_fields = ("place", "told")

    @admin.display(description=_("narrative"))
    def told(self, incident: Incident) -> str:
        """Masked where it is medical."""
        return MASK if incident.narrative and incident.type.category == MEDICAL else incident.narrative

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        incident = self.get_object(request, object_id)
        if incident is not None:
            access_log.saw(user_of(request), Access.What.OPENED, incident=incident.pk)
        response: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        if not search_term:
            return queryset, False
        ids = newest_incidents(
            center_of(request).pk,
            status=None,
            begin=timezone.now() - SEARCHED_AGE,
            words=search_term,
            skip=0,
            count=SEARCHED_ROWS_MAX,
            only=[Exists(Incident.objects.filter(pk=OuterRef("pk")).exclude(type__category=MEDICAL))]
            if not WHOLE_NUMBER.fullmatch(search_term)
            else [],
        )
        access_log.saw(user_of(request), Access.What.SEARCHED, words=without_numbers(search_term))
        return queryset.filter(pk__in=ids), False

    @admin.display(description=_("location"))
    def place(self, incident: Incident) -> str:
        return f"{incident.location.y:.5f}, {incident.location.x:.5f}"


@admin.register(TimelineEntry, site=site)
class TimelineEntryAdmin(ReadOnlyAdmin):
    is_history = True
    list_display = ("seq", "at", "what", "actor", "incident")
    list_select_related = ("actor", "incident")
    search_fields = ("=kind", "=incident__number")
    ordering = ("-seq",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TimelineEntry], search_term: str
    ) -> tuple[QuerySet[TimelineEntry], bool]:
        """By an incident's number at any age, or by a kind among the newest entries."""
        if not search_term:
            return queryset, False
        center = center_of(request)
        told = Incident.objects.filter(center=center, number=search_term).values_list("pk", flat=True).first()
        if told is not None:
            return queryset.filter(incident=told), False
        head = Feed.objects.filter(center=center).values_list("seq", flat=True).first() or 0
        return queryset.filter(kind=search_term.lower(), seq__gt=head - SEARCHED_ENTRIES), False

    fields = ("seq", "at", "kind", "what", "actor", "incident", "data")
    readonly_fields = ("what",)

    @admin.display(description=_("what happened"))
    def what(self, entry: TimelineEntry) -> str:
        return _in_language(words_of(entry.kind, entry.data))


@admin.register(Alarm, site=site)
class AlarmAdmin(ReadOnlyAdmin):
    is_history = True
    list_display = ("raised_at", "what", "priority", "status", "incident", "acknowledged_by")
    list_filter = ("status", "priority")
    list_select_related = ("incident", "acknowledged_by")
    ordering = ("-raised_at",)
    exclude = ("center",)

    @admin.display(description=_("what happened"))
    def what(self, alarm: Alarm) -> str:
        return _in_language(words_of(alarm.kind, alarm.data))


@admin.register(Job, site=site)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("key", "kind", "status", "attempts", "due_at", "done_at", "worker")
    list_filter = ("status", "kind")
    search_fields = ("key",)
    ordering = ("-id",)
    exclude = ("center",)
