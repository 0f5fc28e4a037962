"""Persistent database connections."""

import psycopg2
import pytest
from django.db import close_old_connections, connection
from django.test import Client

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


# Mutation: without conn_health_checks the page answers 500, "server closed the connection".
def test_first_page_after_database_restart_works(client: Client, monkeypatch: pytest.MonkeyPatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is no server that could be restarted")
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)  # as the shop has it
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    close_old_connections()  # what each request begins with; the test client leaves it out
    client.raise_request_exception = False
    assert client.get("/cart/").status_code == 200
    connection.close()
