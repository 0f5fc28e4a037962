"""Checks of links to other sites, against a real server on this machine."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from microflight.core.outside_links import _is_public, link_problem


class Site(BaseHTTPRequestHandler):
    """Answers by path, and notes what was asked."""

    asked: list[str] = []

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(f"{self.command} {self.path}")
        status = {"/gone": 404, "/robot": 503, "/broken": 500}.get(path, 200)
        status = 405 if path == "/get-only" and self.command == "HEAD" else status
        status = 404 if path == "/no-head" and self.command == "HEAD" else status
        goals = {
            "/moved": "/fine?x=1",
            "/loop": "/loop",
            "/ftp": "ftp://127.0.0.1/",
            "/dead": "/gone",
        }
        self.send_response(302 if path in goals else status)
        if path in goals:
            self.send_header("Location", goals[path])
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 (the name that http.server calls)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked = []
    server = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/fine", ""),
        ("/gone", "status 404"),
        ("/broken", "status 500"),
        ("/robot", ""),
        ("/no-head", ""),
        ("/get-only", ""),
        ("/moved", ""),
        ("/dead", "status 404"),
        ("/loop", "too many redirects"),
        ("/ftp", "redirects to another scheme"),
    ],
)
def test_problem_of_each_answer(site: str, path: str, problem: str):
    assert link_problem(site + path, redirects=3, only_public=False) == problem


def test_head_comes_first_and_the_query_is_sent(site: str):
    link_problem(f"{site}/fine?tag=1", only_public=False)
    assert Site.asked == ["HEAD /fine?tag=1"]
    link_problem(f"{site}/gone", only_public=False)
    assert Site.asked[1:] == ["HEAD /gone", "GET /gone"]


def test_private_network_is_not_asked(site: str):
    assert link_problem(f"{site}/fine") == "not a public network"
    assert Site.asked == []


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "224.0.0.1",
     "0.0.0.0"],  # noqa: S104
)  # fmt: skip
def test_addresses_that_are_not_public(ip: str):
    assert not _is_public(ip)
    assert _is_public("93.184.216.34")


@pytest.mark.parametrize("url", ["https://", "https://[::1", "https://127.0.0.1:99999/", "x"])
def test_garbage_is_a_problem_and_no_error(url: str):
    assert link_problem(url, only_public=False)
