"""Facts about the business."""

from microflight.core.business import FACTS


def test_phone_number_is_a_link() -> None:
    assert FACTS.telephone_link == "+13069551836"
