"""Message-IDs of deliveries."""

import pytest

from accounts.newsletter.campaigns.campaign_email import delivery_of, message_id_of


def test_message_id_identifies_delivery():
    made = message_id_of(1234)
    assert made.startswith("<nl-1234-")
    assert made.endswith("@plantraco.com>")
    assert delivery_of(made) == 1234
    assert delivery_of(f" {made.strip('<>')}\n") == 1234


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "<abc@plantraco.com>",
        "<nl-1234-0123456789@plantraco.com>",
        message_id_of(1234).replace("1234", "1235"),
        message_id_of(1234).replace("plantraco", "example"),
        message_id_of(1234) + ">",
        "<nl-" + "9" * 40 + "-0123456789@plantraco.com>",
    ],
)
def test_forged_message_id_identifies_nothing(foreign: str):
    # Mutation: without the sign a made-up 0123456789 named delivery 1234.
    assert delivery_of(foreign) is None
