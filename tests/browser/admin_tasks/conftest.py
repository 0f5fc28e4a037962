"""Fixtures of the tasks: a logged-in staff member, and a count of clicks and page loads."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.test import Client
from playwright.sync_api import Page

from accounts.users.models import User
from tests.browser.admin_tasks.tasks import Counter


@pytest.fixture
def admin(page: Page, shop: str, charlie: User) -> Page:
    """A browser in which Charlie, who may do everything, is logged in; not on a page yet."""
    log_in(page, shop, charlie)
    return page


def log_in(page: Page, shop: str, user: User) -> None:
    """Log in another user in this browser."""
    client = Client()
    client.force_login(user)
    page.context.clear_cookies()
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": shop}])


@pytest.fixture
def counter(admin: Page) -> Counter:
    """What `task` counts with."""
    return Counter(admin.context)


@pytest.fixture
def task(admin: Page, shop: str, counter: Counter) -> Callable[[str], AbstractContextManager[Page]]:
    """`with task("add a simple product") as page:` starts on the admin's start page.

    The name is a row of docs/admin-tasks.md, with which clicks and page loads are compared at the
    end. Check what was done after the block, where nothing is counted.
    """

    @contextmanager
    def counted(name: str) -> Iterator[Page]:
        admin.goto(f"{shop}/admin/")
        counter.start()
        yield admin
        admin.wait_for_load_state("load")
        counter.check(name)

    return counted
