"""The checkout's small shop serves the desk's tests too."""

from tests.checkout.conftest import *  # noqa: F403 (fixtures)
