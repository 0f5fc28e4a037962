"""Questions: asked by customers and guests, answered by staff, shown without who asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.users.models import User
from catalog.models import Product
from catalog.reviews import services
from catalog.reviews.models import Question
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.checkout.shopper import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def rod() -> Product:
    return factories.product("Rod", sku="MF-CR-1")


@pytest.fixture
def question(rod: Product) -> Question:
    return services.ask(product=rod, text="Is it hollow?", email="Dana@example.com")


def url(product: Product) -> str:
    return f"/questions/ask/{product.pk}/"


def answer(staff: Client, question: Question, **fields: str) -> Any:
    page = f"/admin/reviews/question/{question.pk}/change/"
    values = {"answer": "It is solid.", "state": "published", **fields}
    return staff.post(page, open_form(staff, page) | values)


def page_of(product: Product) -> str:
    cache.clear()
    return text(Client().get(product.get_absolute_url()))


def test_guest_asks_with_an_email_address(client: Client, rod: Product) -> None:
    page = text(client.get(url(rod)))
    assert "without your name and email address" in page
    assert 'href="/policies/privacy/"' in page
    data = {"text": "Is it hollow?", "email": "Dana@Example.com"}
    assert client.post(url(rod), data).url == rod.get_absolute_url()
    question = Question.objects.get()
    assert (question.text, question.email, question.user, question.state) == (
        "Is it hollow?", "dana@example.com", None, "new",
    )  # fmt: skip
    shown = page_of(rod)
    assert "No questions yet." in shown
    assert "Is it hollow?" not in shown


def test_customer_asks_with_the_email_of_the_account(
    client: Client, alice: User, rod: Product
) -> None:
    client.force_login(alice)
    assert (
        'name="email"'
        not in text(client.get(url(rod)))
        .partition("<footer")[0]
        .partition("<main")[2]
        .partition("</main>")[0]
    )
    client.post(url(rod), {"text": "Is it hollow?", "email": "bob@example.com"})
    question = Question.objects.get()
    assert (question.user, question.email) == (alice, "alice@example.com")


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""}, {"text": "x" * 1001}, {"text": "\x00"}, {"text": "4242 4242 4242 4242"},
        {"email": ""}, {"email": "dana"}, {"email": "x" * 250 + "@example.com"},
    ],
)  # fmt: skip
def test_invalid_question_is_rejected(client: Client, rod: Product, change: dict) -> None:
    data = {"text": "Is it hollow?", "email": "dana@example.com"} | change
    assert client.post(url(rod), data).status_code == 422
    assert not Question.objects.exists()


def test_questions_of_one_network_are_limited(client: Client, rod: Product) -> None:
    data = {"text": "Is it hollow?", "email": "dana@example.com"}
    for _ in range(5):
        assert client.post(url(rod), data).status_code == 302
    response = client.post(url(rod), data)
    assert response.status_code == 429
    assert "Is it hollow?" in text(response)
    assert Question.objects.count() == 5


def test_hidden_product_or_variant_has_no_form(client: Client) -> None:
    parent = factories.with_variants("Propeller", ["2.00"])
    hidden = factories.product("Secret", is_public=False)
    for pk in (parent.children.get().pk, hidden.pk, 10**17):
        assert client.get(f"/questions/ask/{pk}/").status_code == 404


@pytest.mark.promise("public-posts")
def test_answer_is_shown_without_who_asked_and_emailed_once(
    staff: Client, rod: Product, question: Question
) -> None:
    assert answer(staff, question).status_code == 302
    shown = page_of(rod)
    assert "Is it hollow?" in shown
    assert "It is solid." in shown
    assert "dana@example.com" not in shown
    message = Message.objects.get(email_type="question-answered")
    assert message.recipient == "dana@example.com"
    email = compose(message)
    assert email.subject == "Your question about Rod"
    assert "It is solid." in email.text
    assert f"{rod.get_absolute_url()}#questions" in email.text
    answer(staff, question, answer="It is solid carbon.")
    assert Message.objects.filter(email_type="question-answered").count() == 1
    assert "It is solid carbon." in page_of(rod)


def test_answer_appears_on_a_cached_page_at_once(
    staff: Client, rod: Product, question: Question, django_capture_on_commit_callbacks: Any
) -> None:
    guest = Client()
    assert "No questions yet." in text(guest.get(rod.get_absolute_url()))
    with django_capture_on_commit_callbacks(execute=True):
        answer(staff, question)
    assert "It is solid." in text(guest.get(rod.get_absolute_url()))


def test_question_is_not_published_without_an_answer(
    staff: Client, rod: Product, question: Question
) -> None:
    response = answer(staff, question, answer="  ")
    assert "Enter an answer to publish the question." in text(response)
    question.refresh_from_db()
    assert (question.state, question.answered_at) == ("new", None)
    assert not Message.objects.exists()


def test_declined_question_is_neither_shown_nor_emailed(
    staff: Client, rod: Product, question: Question
) -> None:
    answer(staff, question, state="declined", answer="")
    question.refresh_from_db()
    assert question.answered_at is not None
    assert "No questions yet." in page_of(rod)
    assert not Message.objects.exists()


def test_published_question_can_be_taken_back(
    staff: Client, rod: Product, question: Question
) -> None:
    answer(staff, question)
    answer(staff, question, state="declined")
    assert "Is it hollow?" not in page_of(rod)


@pytest.mark.promise("feedback")
def test_email_addresses_are_deleted_after_the_answer(rod: Product, question: Question) -> None:
    recent = services.ask(product=rod, text="How long?", email="eve@example.com")
    unanswered = services.ask(product=rod, text="How heavy?", email="finn@example.com")
    for each, days in ((question, 91), (recent, 89)):
        each.state, each.answer = "published", "1 m"
        each.answered_at = timezone.now() - timedelta(days=days)
        each.save()
    assert services.delete_old_emails() == 1
    emails = [Question.objects.get(pk=each.pk).email for each in (question, recent, unanswered)]
    assert emails == ["", "eve@example.com", "finn@example.com"]
    assert "Is it hollow?" in page_of(rod)


def test_deleted_account_takes_its_questions_off_the_page(
    staff: Client, alice: User, rod: Product
) -> None:
    asked = services.ask(product=rod, text="Is it hollow?", email=alice.email, user=alice)
    answer(staff, asked)
    staff.post(f"/admin/users/user/{alice.pk}/delete/", {"post": "yes"})
    assert not Question.objects.exists()
    assert "No questions yet." in page_of(rod)


def test_start_page_counts_what_waits(staff: Client, alice: User, question: Question) -> None:
    page = text(staff.get("/admin/"))
    assert "questions to answer" in page
    assert "/admin/reviews/question/?state__exact=new" in page
