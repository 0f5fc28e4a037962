"""View in browser, archive, feed and counted clicks."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.newsletter.campaigns import campaign_email
from accounts.newsletter.campaigns.launch import launch
from accounts.newsletter.models import Campaign, Link
from accounts.users.models import User

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def sent(make_draft: Any, reader: Any) -> Campaign:
    """A public email that was sent."""
    reader()
    return send(make_draft(is_public=True))


def send(draft: Campaign) -> Campaign:
    """Launch an email, and let it be sent."""
    row = launch(draft, at=None, by=None)
    Campaign.objects.filter(pk=row.pk).update(state="sent")
    return Campaign.objects.get(pk=row.pk)


def test_view_in_browser_shows_own_copy_safely(client: Client, sent: Campaign, reader: Any) -> None:
    bob = reader("bob", clicks_counted=True)
    answer = client.get(f"/newsletter/view/{bob.token}.{sent.key}/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Good day Bob, the" in html
    assert f"/newsletter/unsubscribe/{bob.token}.{sent.key}/" in html
    assert f"http://127.0.0.1:8000/newsletter/go/{sent.key}/1/" in html
    assert "[[" not in html
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; "
        "base-uri 'none'; sandbox; frame-ancestors 'none'"
    )
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies


def test_unknown_code_or_draft_is_404(
    client: Client, sent: Campaign, make_draft: Any, reader: Any
) -> None:
    bob = reader("bob")
    draft = make_draft()
    waiting = launch(make_draft(), at=None, by=None)
    codes = [
        bob.token,
        f"{bob.token}.nothing",
        f"nobody.{sent.key}",
        f".{sent.key}",
        f"{bob.token}.{draft.key}",
        f"{bob.token}.{waiting.key}",
        "%00",
    ]
    assert [client.get(f"/newsletter/view/{code}/").status_code for code in codes] == [404] * 7


def test_html_in_a_name_is_escaped(client: Client, sent: Campaign, reader: Any) -> None:
    eve = reader("eve", name="<img src=x>[[unsubscribe]]")
    html = client.get(f"/newsletter/view/{eve.token}.{sent.key}/").content.decode()
    assert "Good day &lt;img src=x&gt;[[unsubscribe]], the" in html
    assert "<img" not in html


def test_click_is_counted_and_redirected(client: Client, sent: Campaign) -> None:
    where = f"/newsletter/go/{sent.key}/1/"
    for path in (where, where, f"{where}?v=b", f"{where}?v=c&next=https://evil.example/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "http://127.0.0.1:8000/contact/")
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies
    client.head(where)
    assert list(Link.objects.values_list("number", "clicks_a", "clicks_b")) == [
        (1, 3, 1),
        (2, 0, 0),
    ]


def test_click_redirects_only_to_campaign_links(client: Client, sent: Campaign) -> None:
    for path in (f"{sent.key}/3/", f"{sent.key}/0/", "nothing/1/", f"{sent.key}/{'9' * 30}/"):
        assert client.get(f"/newsletter/go/{path}").status_code == 404
    assert client.post(f"/newsletter/go/{sent.key}/1/").status_code == 405
    assert sum(Link.objects.values_list("clicks_a", flat=True)) == 0


def test_clicks_without_consent_are_direct(sent: Campaign, reader: Any) -> None:
    links = dict(sent.links.values_list("number", "url"))
    without = campaign_email.values_of(reader("bob"), sent, links)
    counted = campaign_email.values_of(reader("eve", clicks_counted=True), sent, links, variant="b")
    assert without["link:1"] == "http://127.0.0.1:8000/contact/"
    assert counted["link:1"] == f"http://127.0.0.1:8000/newsletter/go/{sent.key}/1/?v=b"


def test_archive_lists_sent_public_campaigns(
    client: Client, sent: Campaign, make_draft: Any
) -> None:
    private = launch(make_draft(subject="For some"), at=None, by=None)
    Campaign.objects.filter(pk=private.pk).update(state="sent")
    on_its_way = launch(make_draft(subject="On its way", is_public=True), at=None, by=None)
    make_draft(subject="Not done", is_public=True)
    html = client.get("/newsletter/archive/").content.decode()
    assert re.findall(r'<a href="(/newsletter/archive/[^"]+)">([^<]+)', html) == [
        (f"/newsletter/archive/{sent.slug}/", "The Butterfly flies again")
    ]
    for row in (private, on_its_way):
        assert client.get(f"/newsletter/archive/{row.slug}/").status_code == 404


def test_archived_campaign_has_no_personal_data(client: Client, sent: Campaign) -> None:
    html = client.get(f"/newsletter/archive/{sent.slug}/").content.decode()
    text = html.partition('<div class="prose sent-campaign">')[2].partition("<footer>")[0]
    assert "Good day reader, the <strong>Carbon Butterfly</strong>" in text
    assert '<a href="http://127.0.0.1:8000/contact/">back</a>' in text
    assert html.count("The Butterfly flies again</h") == 1  # said once
    assert "style=" not in text
    assert "leave/" not in text
    assert "[[" not in html


def test_archive_queries_are_few_and_cached(
    client: Client, sent: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/contact/")  # menu and notices are known from any page
    pages = ((1, "/newsletter/archive/"), (2, f"/newsletter/archive/{sent.slug}/"))
    for queries, path in pages:
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200
        with django_assert_num_queries(0):
            assert client.get(path).status_code == 200


def test_empty_archive_links_to_sign_up(client: Client, db: None) -> None:
    html = client.get("/newsletter/archive/").content.decode()
    assert "No newsletters yet" in html
    assert 'href="/newsletter/">Sign up</a>' in html


def test_feed_lists_public_campaigns(client: Client, sent: Campaign) -> None:
    answer = client.get("/newsletter/feed/")
    root = ElementTree.fromstring(answer.content)  # noqa: S314 (our own)
    told = [
        (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}summary"))
        for entry in root.iter(f"{ATOM}entry")
    ]
    assert told == [("The Butterfly flies again", "Three grams of carbon.")]
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert (
        client.get("/newsletter/feed/", headers={"if-none-match": answer["ETag"]}).status_code
        == 304
    )


def test_archive_and_feed_show_no_merge_fields(
    client: Client, make_draft: Any, reader: Any
) -> None:
    # Mutation: both showed the marks themselves.
    reader()
    sent = send(make_draft(is_public=True, preheader="For you, [[name]]: three grams"))
    for page in ("archive/", "feed/", f"archive/{sent.slug}/"):
        shown = client.get(f"/newsletter/{page}").content.decode()
        assert "For you, reader: three grams" in shown
        assert "[[" not in shown


def test_unsubscribed_person_can_view_their_email(
    client: Client, sent: Campaign, reader: Any, alice: User
) -> None:
    bob = reader("bob", state="left")
    assert client.get(f"/newsletter/view/{bob.token}.{sent.key}/").status_code == 200
