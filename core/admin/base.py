"""The console's admin classes: by the table of rights, inside the scope, through the services.

The theme (django-unfold) is imported here and nowhere else.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DateField, Model, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.admin import StackedInline as ThemedStackedInline
from unfold.admin import TabularInline as ThemedTabularInline

from core.admin.chooser import Chooser
from core.admin.forms import DayInput
from core.admin.lists import ListMixin
from core.admin.pages import while_enabled
from core.admin.paginator import BoundedPaginator
from core.admin.readable import readable
from core.admin.refusals import refused_form
from core.admin.seen import SeenMixin
from core.errors import DomainError
from core.models import AuditEntry
from core.rights_hook import has_right
from core.rules.moments import day_and_time
from core.services import records, trail


class RightsMixin:
    """Permissions by the table of rights; an action without a right is refused to everybody."""

    view_right: str | None = None
    add_right: str | None = None
    change_right: str | None = None
    delete_right: str | None = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return has_right(user, self.view_right) or has_right(user, self.change_right)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_right(request.user, self.add_right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_right(request.user, self.change_right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_right(request.user, self.delete_right)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the organisation in scope that this person may see."""
        rows: QuerySet[Any] = visible(super().get_queryset(request), request)  # type: ignore[misc]
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Who only reads gets as links what they may open; the rest by name."""
        found: list[Any] = super().get_fieldsets(request, obj)  # type: ignore[misc]
        may_change = obj is None or self.has_change_permission(request, obj)
        return found if may_change else readable(found, self, request)

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        """Choices of a field are the rows that the person may see as well."""
        chosen = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        rows = db_field.remote_field.model._default_manager.using(db) if chosen is None else chosen
        return visible(rows, request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A field that is searched answers an address or a form with nonsense like any other wrong choice."""
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            chooser = Chooser(db_field, self.admin_site, using=kwargs.get("using"))  # type: ignore[attr-defined]
            kwargs.setdefault("widget", chooser)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


def visible(rows: Any, request: HttpRequest) -> Any:
    """Limited to what the person may see, where the queryset knows."""
    return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows


class ModelAdmin(ListMixin, RightsMixin, SeenMixin, ThemedModelAdmin):
    """A door like any other: edits go through `records`, refusals become messages."""

    formfield_overrides = {DateField: {"widget": DayInput}}
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # counts of every choice would walk the whole table
    list_select_related: bool | list[str] | tuple[str, ...] = True
    list_per_page = 50
    compressed_fields = True
    empty_value_display = "–"
    warn_unsaved_form = True
    needs_scheduling = False
    #: What one row and many are called in counts, where the model's own names say something else.
    row_names: tuple[str, str] | None = None
    #: Above the list: what people look for most, as (words, query of the address).
    quick_filters: tuple[tuple[str, str], ...] = ()
    #: Shown instead of a list that never had a row: icon, title, text, and the words of the first step.
    empty_list: dict[str, str] | None = None
    #: The events after which the list in view is fetched anew, as `data-live` names them.
    live = ""
    #: The page that shows one row; who may not change it is led there from its form.
    detail_page: str | None = None

    def get_urls(self) -> list[Any]:
        """With `needs_scheduling`, the pages answer only while the organisation has it switched on."""
        urls: list[Any] = super().get_urls()
        if self.needs_scheduling:
            for url in urls:
                url.callback = while_enabled(url.callback)
        return urls

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Of the columns only those that the list offers: others could be guessed letter by letter, secrets too."""
        columns = {field.name for field in self.opts.get_fields()}
        name = lookup.partition("__")[0].removesuffix("_id")
        if name in columns and name not in self.get_list_filter(request):
            return any(
                getattr(item, "parameter_name", "") == lookup
                for item in self.get_list_filter(request)
            )
        return bool(super().lookup_allowed(lookup, value, request))

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change:
            records.create(obj, by=request.user, now=timezone.now())
            return
        concrete = {field.name for field in obj._meta.concrete_fields}
        changes = {name: getattr(obj, name) for name in form.changed_data if name in concrete}
        records.update(obj, changes, by=request.user, now=timezone.now())

    def get_inline_formsets(self, *args: Any, **kwargs: Any) -> Any:
        """“Add another entrusted person”: Django writes the name of the row large amid the sentence."""
        found = super().get_inline_formsets(*args, **kwargs)
        for rows in found:
            texts = json.loads(rows.inline_formset_data())
            texts["options"]["addText"] = f"Add another {rows.opts.verbose_name}"
            rows.inline_formset_data = json.dumps(texts)
        return found

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        now = timezone.now()
        formset.save(commit=False)
        for row in formset.deleted_objects:
            records.delete(row, by=request.user, now=now)
        for row in formset.new_objects:
            records.create(row, by=request.user, now=now)
        for row, names in formset.changed_objects:
            values = {name: getattr(row, name) for name in names}
            records.update(row, values, by=request.user, now=now)
        formset.save_m2m()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        records.delete(obj, by=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """All or none: one refusal keeps every row."""
        with transaction.atomic():
            for row in queryset:
                self.delete_model(request, row)

    def each(
        self, request: HttpRequest, rows: Iterable[Model], use_case: Callable[[Any], object]
    ) -> int:
        """Run a use case for each row; refusals become messages. Returns how many went well."""
        done = 0
        for row in rows:
            try:
                use_case(row)
                done += 1
            except DomainError as error:
                self.message_user(request, f"{row}: {error}", messages.ERROR)
        return done

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        answer = super().change_view(request, object_id, form_url, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        if self.detail_page and not shown.get("has_change_permission", True):
            return HttpResponseRedirect(reverse(self.detail_page, args=[unquote(object_id)]))
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """A refusal brings the form back as it was filled in, with the reason at its field."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            for _, uploads in request.FILES.lists():
                for upload in uploads:
                    upload.seek(0)
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return refused_form(form, refusal) if refusal is not None else form

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self._address("change", object_id))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        own = {"title": f"New {self.opts.verbose_name}"}
        return super().add_view(request, form_url, {**own, **(extra_context or {})})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            name = str(self.opts.verbose_name_plural)
            own = {
                "title": name[:1].upper() + name[1:],
                "column_choices": self.column_choices(request),
                "media": _list_media(self),
            }
            return super().changelist_view(request, {**own, **(extra_context or {})})
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The object's part of the audit trail, newest first."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        entries = AuditEntry.objects.filter(
            object_type=row._meta.label_lower, object_id=str(row.pk)
        ).order_by("-at", "-pk")
        page = BoundedPaginator(entries, 50).get_page(request.GET.get("p", 1))
        user: Any = request.user
        zone = user.time_zone or user.organization.time_zone
        wording = trail.Wording(page.object_list, zone=zone)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "page": page,
            "entries": [
                {
                    "at": day_and_time(entry.at, zone),
                    "who": entry.actor_label,
                    "action": trail.action(entry),
                    "changes": wording.changes(entry),
                }
                for entry in page
            ],
            "object": row,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "core/admin/history.html", context)

    def log_addition(self, *_: Any) -> None:
        """The audit trail has it already."""

    def log_change(self, *_: Any) -> None:
        """The audit trail has it already."""

    def log_deletions(self, *_: Any) -> None:
        """The audit trail has it already."""

    def _get_obj_does_not_exist_redirect(self, *_: Any) -> NoReturn:
        """A row that does not exist, or not for this person, is nowhere; Django would say so on the first page."""
        raise Http404

    def _address(self, page: str, *arguments: str) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=arguments)


class ReadOnlyModelAdmin(ModelAdmin):
    """For ledgers, the audit trail, deliveries: to be read, whatever rights a person has."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class InlineMixin(RightsMixin):
    """Rows amid the form of another."""

    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Only columns are fields of the form, not what is merely told."""
        if "fields" not in kwargs:
            shown = flatten_fieldsets(self.get_fieldsets(request, obj))
            kwargs["fields"] = [one for one in shown if not callable(one)]
        return super().get_formset(request, obj, **kwargs)  # type: ignore[misc]


class TabularInline(InlineMixin, ThemedTabularInline):
    pass


class StackedInline(InlineMixin, ThemedStackedInline):
    pass


def _list_media(console: ModelAdmin) -> Media:
    """What a list loads: its own files, none of the scripts for forms."""
    return Media(getattr(console, "Media", None))
