"""Saved views of admin lists, and the list layout."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from microflight.saved_views.models import SavedView
from tests.project.admin_rows import ROWS

SAVE = "/admin/saved-views/order.order/"
LIST = "/admin/order/order/"


def _staff(client: Client, user: User, *codenames: str) -> Client:
    """Return a browser of a staff member with these permissions only."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(User.objects.get(pk=user.pk))
    return client


def _save(client: Client, name: str = "To ship", query: str = "task=to-ship", **data: str) -> str:
    answer = client.post(SAVE, {"name": name, "query": query, **data}, follow=True)
    return answer.content.decode()


def test_view_is_saved_without_the_page_and_shown(staff: Client, charlie: User) -> None:
    page = _save(staff, query="task=to-ship&q=rod&p=3")
    assert "The view “To ship” was saved." in page
    view = SavedView.objects.get()
    assert (view.owner, view.list_label, view.query, view.is_shared) == (
        charlie, "order.order", "task=to-ship&q=rod", False,
    )  # fmt: skip
    page = staff.get(f"{LIST}?task=to-ship&q=rod").content.decode()
    link = '<a class="chip" href="?task=to-ship&amp;q=rod" aria-current="page">To ship</a>'
    assert link in page
    assert "Delete the view “To ship”" in page
    assert "Save view" not in page


def test_same_name_replaces_the_view(staff: Client) -> None:
    _save(staff)
    _save(staff, query="task=on-hold", is_shared="on")
    view = SavedView.objects.get()
    assert (view.query, view.is_shared) == ("task=on-hold", True)


def test_own_view_is_private_and_shared_view_is_shown_to_all(staff: Client, bob: User) -> None:
    _save(staff, "Mine")
    _save(staff, "Ours", is_shared="on")
    page = _staff(Client(), bob, "view_order").get(f"{LIST}?task=to-ship").content.decode()
    assert ">Ours</a>" in page
    assert ">Mine</a>" not in page
    assert "Delete the view" not in page


def test_another_persons_view_cannot_be_deleted(staff: Client, bob: User) -> None:
    _save(staff, is_shared="on")
    url = reverse("admin:delete_view", args=[SavedView.objects.get().pk])
    other = _staff(Client(), bob, "view_order")
    assert other.post(url).status_code == 403
    assert SavedView.objects.count() == 1
    assert staff.get(url).status_code == 405
    assert "was deleted" in staff.post(url, follow=True).content.decode()
    assert not SavedView.objects.exists()
    assert staff.post(url).status_code == 404


def test_view_of_a_list_that_a_person_may_not_see_is_rejected(client: Client, bob: User) -> None:
    limited = _staff(client, bob, "view_product")
    assert limited.post(SAVE, {"name": "x", "query": "q=1"}).status_code == 403
    for label in ("x", "x.y", "sessions.session", "order.order.x"):
        data = {"name": "x", "query": "q=1"}
        assert limited.post(f"/admin/saved-views/{label}/", data).status_code == 404
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query"),
    [("", "q=1"), ("x" * 61, "q=1"), ("a\x00b", "q=1"), ("x", ""), ("x", "q=" + "1" * 1001)],
)
def test_invalid_view_is_rejected_with_a_message(staff: Client, name: str, query: str) -> None:
    assert "The view was not saved." in _save(staff, name, query)
    assert not SavedView.objects.exists()


def test_one_person_saves_at_most_thirty_views_of_a_list(staff: Client) -> None:
    for number in range(30):
        _save(staff, f"View {number}")
    assert "You have 30 views of this list already." in _save(staff, "One more")
    assert SavedView.objects.count() == 30
    assert "was saved" in _save(staff, "View 3", query="q=rod")


def test_cells_have_the_name_of_their_column(staff: Client) -> None:
    ROWS["order.Order"](1)
    page = staff.get(LIST).content.decode()
    assert '<td data-label="Total" class="field-total">' in page
    assert '<td class="action-checkbox">' in page


def test_filters_are_above_the_results_and_say_what_is_selected(staff: Client) -> None:
    ROWS["order.Order"](1)
    page = staff.get(f"{LIST}?state=placed").content.decode()
    assert page.index('id="changelist-filter"') < page.index('id="result_list"')
    assert "<summary>State: <strong>" in page
    assert page.count('id="changelist-filter"') == 1


def test_view_of_a_list_in_other_capitals_is_answered(staff: Client) -> None:
    answer = staff.post("/admin/saved-views/order.ORDER/", {"name": "x", "query": "p=1"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(LIST)
