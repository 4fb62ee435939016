"""Looking rows up by thousands of ids at once."""

from accounts.models import User
from core.ids import new_id
from core.querysets.key_text import KeyText
from core.tenancy import tenant_scope
from notifications.models import Channel, Preference
from tests import factories


def test_rows_with_one_of_the_ids_are_found(admin: User) -> None:
    other = factories.user(admin.organization)
    with tenant_scope(admin.organization_id):
        people = User.objects.filter(pk__in=[admin.pk, other.pk])
        assert list(people.filter(pk__among={admin.pk, new_id()})) == [admin]
        assert people.filter(pk__among=[admin.pk, other.pk]).count() == 2
        assert list(people.exclude(pk__among=[admin.pk])) == [other]
        assert not people.filter(pk__among=[]).exists()
        many = [*(new_id() for _ in range(50_000)), other.pk]
        assert people.filter(pk__among=many).get() == other


def test_rows_that_point_at_one_of_the_ids_are_found(admin: User) -> None:
    with tenant_scope(admin.organization_id):
        row = Preference.objects.create(user=admin, kind="system", channel=Channel.EMAIL)
        assert Preference.objects.filter(user__pk__among=[admin.pk]).get() == row
        assert not Preference.objects.filter(user__pk__among=[new_id()]).exists()


def test_ids_as_text_read_like_the_ids_and_find_their_rows(admin: User) -> None:
    with tenant_scope(admin.organization_id):
        assert User.objects.values_list(KeyText("pk"), flat=True).get() == str(admin.pk)
        assert User.objects.filter(pk__among=[str(admin.pk), str(new_id())]).get() == admin
