"""Site-wide notices in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import Notice


# Mutation: without the invalidation in the admin, the page came from the cache.
def test_notice_is_on_pages_as_soon_as_it_is_saved(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    text = "Closed until 1 May"
    customer = Client()
    assert text not in customer.get("/contact/").content.decode()
    data = {"text": text, "starts_at_0": "2020-01-01", "starts_at_1": "00:00"}
    data["is_published"] = "on"
    with django_capture_on_commit_callbacks(execute=True):
        response = staff.post(reverse("admin:policies_notice_add"), data)
    assert response.status_code == 302
    assert text in customer.get("/contact/").content.decode()
    notice = Notice.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse("admin:policies_notice_delete", args=[notice.pk]), {"post": "yes"})
    assert text not in customer.get("/contact/").content.decode()


def _add(staff: Client, link: str) -> Any:
    data = {"text": "Closed", "link": link, "starts_at_0": "2020-01-01", "starts_at_1": "00:00"}
    return staff.post(reverse("admin:policies_notice_add"), data)


@pytest.mark.parametrize(
    "link",
    ["/no-such-page/", "/admin/", "/policies/no-such-policy/", "//other.example/contact/",
     "http://other.example/contact/", "?page=2"],
)  # fmt: skip
def test_notice_links_to_public_pages_only(staff: Client, link: str) -> None:
    response = _add(staff, link)
    assert "Enter a page of the shop" in response.content.decode()
    assert not Notice.objects.exists()


def test_notice_may_link_to_a_page_of_the_shop(staff: Client) -> None:
    data = {
        "text": "Call",
        "link": "/contact/",
        "starts_at_0": "2020-01-01",
        "starts_at_1": "00:00",
    }
    assert staff.post(reverse("admin:policies_notice_add"), data).status_code == 302
    assert Notice.objects.get().link == "/contact/"


def test_draft_is_previewed_above_the_home_page_only(staff: Client) -> None:
    add = reverse("admin:policies_notice_add")
    data = {"text": "Sale today", "link": "/sale/", "starts_at_0": "2099-01-01"}
    data |= {"starts_at_1": "00:00", "_preview": "1"}
    page = staff.post(add, data).content.decode()
    assert 'Sale today <a href="/sale/">' in page
    assert not Notice.objects.exists()
    assert _add(staff, "/sale/").status_code == 302  # unpublished
    assert "<span>Closed</span>" not in Client().get("/").content.decode()
    assert (
        ">draft</span>" in staff.get(reverse("admin:policies_notice_changelist")).content.decode()
    )


def test_notice_is_restored_from_its_history(staff: Client) -> None:
    _add(staff, "")
    notice = Notice.objects.get()
    first = Notice.history.get()
    notice.text = "Open"
    notice.save()
    history = reverse("admin:policies_notice_history", args=[notice.pk])
    staff.post(f"{history}?restore=policies.historicalnotice:{first.pk}")
    notice.refresh_from_db()
    assert notice.text == "Closed"
