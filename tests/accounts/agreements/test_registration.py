"""Registration records which policies were accepted."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.agreements.required_policies import required_policies
from accounts.agreements.services import NotAccepted, PoliciesChanged, accept_policies
from accounts.users.models import User
from policies.models import Acceptance, Context, Policy
from policies.workflow import adopt
from tests.accounts.agreements.conftest import newest
from tests.accounts.agreements.sign_up import DORA, SIGN_UP, fingerprint, form_of

pytestmark = pytest.mark.django_db


def no_account_opened() -> bool:
    return not User.objects.exists() and not Acceptance.objects.exists()


# Mutation: with the whole address kept, 203.0.113.77 stood in the row.
@pytest.mark.promise("acceptance-kept")
def test_sign_up_records_acceptance(client: Client, terms: Policy) -> None:
    answer = client.post(SIGN_UP, form_of(client), REMOTE_ADDR="203.0.113.77")
    assert answer.status_code == 302
    user, made, text = User.objects.get(), Acceptance.objects.get(), newest(terms)
    assert (made.version, made.sha256) == (text, text.sha256)
    assert made.label == "I have read and accept Terms of Sale (version 1)."
    assert (made.context, made.subject, made.user) == ("registration", f"account:{user.pk}", user)
    assert made.network == "203.0.113.0/24"


# Mutation: with the box not required, the account was opened.
def test_unchecked_box_opens_no_account(client: Client, terms: Policy) -> None:
    form = form_of(client)
    del form["agreed"]
    page = client.post(SIGN_UP, form).content.decode()
    assert "Check the box: an account requires your agreement." in page
    assert no_account_opened()


# Mutation: with a missing hidden field let through, the account was opened.
def test_missing_fingerprint_opens_no_account(client: Client, terms: Policy) -> None:
    page = client.post(SIGN_UP, {**DORA, "agreed": "on"}).content.decode()
    assert "Check the box: an account requires your agreement." in page
    assert no_account_opened()


# Mutation: with any hidden field believed, the account was opened under version 1.
@pytest.mark.promise("agreed-version")
def test_changed_policy_must_be_accepted_again(client: Client, terms: Policy) -> None:
    form = form_of(client)
    adopt(terms, "We send what you order, and a leaflet.")
    page = client.post(SIGN_UP, form).content.decode()
    assert "Our policies have just changed. Please read and accept them again." in page
    assert ">Terms of Sale (version 2)<" in page
    assert no_account_opened()
    box = re.search(r'<input[^>]*name="agreed"[^>]*>', page)
    assert box is not None
    assert "checked" not in box[0]
    again = {**form, "policies": fingerprint(page)}
    assert client.post(SIGN_UP, again).status_code == 302
    assert Acceptance.objects.get().version == newest(terms)


# Mutation: without the words in what the page carries, the account was opened.
def test_renamed_policy_must_be_accepted_again(client: Client, terms: Policy) -> None:
    form = form_of(client)
    Policy.objects.update(title="Terms")
    page = client.post(SIGN_UP, form).content.decode()
    assert ">Terms (version 1)<" in page
    assert no_account_opened()


# Mutation: with the box kept there, the page had one without words.
def test_no_checkbox_without_required_policies(client: Client) -> None:
    page = client.get(SIGN_UP).content.decode()
    assert 'name="agreed"' not in page
    assert client.post(SIGN_UP, DORA).status_code == 302
    assert User.objects.count() == 1
    assert not Acceptance.objects.exists()


@pytest.fixture
def privacy(db: None) -> Policy:
    policy = Policy.objects.create(slug="privacy", title="Privacy")
    adopt(policy, "We ask for little.")
    return policy


# Mutation: with 64 bits kept, the network was 2001:db8:85a3::/64.
@pytest.mark.parametrize(
    ("context", "subject"), [(Context.NEWSLETTER, "subscriber:7"), (Context.CONTEST, "entry:3")]
)
def test_subscribers_and_entrants_accept_privacy_policy(
    privacy: Policy, terms: Policy, context: Context, subject: str
) -> None:
    shown = required_policies(context).fingerprint
    address = "2001:db8:85a3::8a2e:370:7334"
    for _ in range(2):  # a form sent twice
        accept_policies(context, subject=subject, fingerprint=shown, accepted=True, ip=address)
    made: Any = Acceptance.objects.get()
    assert (made.version, made.context, made.subject) == (newest(privacy), context, subject)
    assert made.label == "I have read and accept Privacy (version 1)."
    assert (made.user, made.network) == (None, "2001:db8:85a3::/48")


# Mutation: with any text believed, nothing was raised.
def test_unchecked_or_outdated_form_records_nothing(privacy: Policy) -> None:
    shown = required_policies(Context.NEWSLETTER).fingerprint
    with pytest.raises(NotAccepted):
        accept_policies(
            Context.NEWSLETTER, subject="subscriber:7", fingerprint=shown, accepted=False
        )
    adopt(privacy, "We ask for less.")
    with pytest.raises(PoliciesChanged) as refusal:
        accept_policies(
            Context.NEWSLETTER, subject="subscriber:7", fingerprint=shown, accepted=True
        )
    assert refusal.value.policies.label == "I have read and accept Privacy (version 2)."
    assert not Acceptance.objects.exists()
