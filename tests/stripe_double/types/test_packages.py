"""Missing packages for the comparison with Stripe's types are reported."""

import pytest

from tests.engines.errors import CannotRun

from .packages import require_node


def put_on_path(folder, monkeypatch, **programs):
    for name, prints in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {prints}\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("programs", [{}, {"node": "v20.20.2"}, {"npm": "11.19.1"}])
def test_missing_node_or_npm_is_reported(tmp_path, monkeypatch, programs):
    put_on_path(tmp_path, monkeypatch, **programs)
    with pytest.raises(CannotRun, match=r"no Node.js and npm .* apt-get install nodejs npm"):
        require_node()


def test_old_node_is_reported_with_the_required_version(tmp_path, monkeypatch):
    put_on_path(tmp_path, monkeypatch, node="v16.20.2", npm="8.19.4")
    with pytest.raises(CannotRun, match=r"Node.js v16.20.2 is too old: 18 or newer is needed"):
        require_node()


def test_supported_node_is_accepted(tmp_path, monkeypatch):
    put_on_path(tmp_path, monkeypatch, node="v18.20.8", npm="9.2.0")
    require_node()
