"""One text per order for the search, with a trigram index, instead of an index per table: a search
for what many orders have read all of these tables. See checkout/order/search.py."""

import importlib

import django.db.models.deletion
from django.db import migrations, models

from microflight.core.triggers import PostgresSQL

before = importlib.import_module("checkout.order.migrations.0033_order_search_indexes")


def _person(alias: str) -> str:
    return f"""{alias}.first_name, {alias}.last_name, {alias}.line4,
        order_search_compact({alias}.postcode)"""


FUNCTIONS = f"""
CREATE FUNCTION order_search_compact(value text) RETURNS text AS $$
    SELECT replace(replace(value, ' ', ''), '-', '')
$$ LANGUAGE sql IMMUTABLE;

CREATE FUNCTION write_order_search_text(keys bigint[]) RETURNS void AS $$
    INSERT INTO order_ordersearchtext (order_id, text)
    SELECT o.id, lower(concat_ws(' ', o.number, o.guest_email, u.email,
        {_person("s")}, order_search_compact(s.phone_number), {_person("b")},
        (SELECT string_agg(concat_ws(' ', partner_sku, title), ' ' ORDER BY id)
            FROM order_line WHERE order_id = o.id),
        (SELECT string_agg(order_search_compact(tracking_number), ' ' ORDER BY id)
            FROM order_shippingevent WHERE order_id = o.id)))
    FROM order_order o
    LEFT JOIN users_user u ON u.id = o.user_id
    LEFT JOIN order_shippingaddress s ON s.id = o.shipping_address_id
    LEFT JOIN order_billingaddress b ON b.id = o.billing_address_id
    WHERE o.id = ANY(keys) ORDER BY o.id
    ON CONFLICT (order_id) DO UPDATE SET text = EXCLUDED.text;
$$ LANGUAGE sql;

CREATE FUNCTION order_search_rows() RETURNS trigger AS $$
DECLARE keys bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT %I) FROM changed', TG_ARGV[0]) INTO keys;
    PERFORM write_order_search_text(keys);
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE FUNCTION order_search_row() RETURNS trigger AS $$
DECLARE keys bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(id) FROM order_order WHERE %I = $1.id', TG_ARGV[0])
        INTO keys USING NEW;
    PERFORM write_order_search_text(keys);
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE FUNCTION order_search_line() RETURNS trigger AS $$
BEGIN
    PERFORM write_order_search_text(ARRAY[OLD.order_id, NEW.order_id]);
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE FUNCTION order_search_deleted() RETURNS trigger AS $$
BEGIN
    DELETE FROM order_ordersearchtext WHERE order_id = OLD.id;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;
"""


def _on_change(table: str, columns: str, function: str) -> str:
    """Return a trigger for rows of which one of the columns changes."""
    differ = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns.split())
    return f"""
CREATE TRIGGER order_search_change AFTER UPDATE OF {", ".join(columns.split())} ON {table}
    FOR EACH ROW WHEN ({differ}) EXECUTE FUNCTION {function};
"""


def _on_rows(table: str, action: str, state: str, column: str) -> str:
    """Return a trigger for a statement that inserts or deletes rows."""
    return f"""
CREATE TRIGGER order_search_{action.lower()} AFTER {action} ON {table}
    REFERENCING {state} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION order_search_rows('{column}');
"""


_ADDRESS = "first_name last_name line4 postcode"
_CHANGES = (
    ("order_order", "number guest_email user_id shipping_address_id billing_address_id",
     "order_search_row('id')"),
    ("users_user", "email", "order_search_row('user_id')"),
    ("order_shippingaddress", f"{_ADDRESS} phone_number",
     "order_search_row('shipping_address_id')"),
    ("order_billingaddress", _ADDRESS, "order_search_row('billing_address_id')"),
    ("order_line", "order_id partner_sku title", "order_search_line()"),
    ("order_shippingevent", "order_id tracking_number", "order_search_line()"),
)
_ROWS = (
    ("order_order", "INSERT", "NEW", "id"),
    ("order_line", "INSERT", "NEW", "order_id"),
    ("order_line", "DELETE", "OLD", "order_id"),
    ("order_shippingevent", "INSERT", "NEW", "order_id"),
    ("order_shippingevent", "DELETE", "OLD", "order_id"),
)
TRIGGERS = "".join([_on_change(*each) for each in _CHANGES] + [_on_rows(*each) for each in _ROWS])
TRIGGERS += """
CREATE TRIGGER order_search_gone AFTER DELETE ON order_order
    FOR EACH ROW EXECUTE FUNCTION order_search_deleted();
"""
FILL = """
SELECT write_order_search_text(array_agg(id)) FROM order_order;
CREATE INDEX order_search_text ON order_ordersearchtext USING gin (text gin_trgm_ops);
"""
DROP = (
    "DROP INDEX order_search_text;"
    + "".join(f"DROP TRIGGER order_search_change ON {table};" for table, *_rest in _CHANGES)
    + "".join(f"DROP TRIGGER order_search_{action.lower()} ON {table};"
              for table, action, *_rest in _ROWS)
    + """
DROP TRIGGER order_search_gone ON order_order;
DROP FUNCTION order_search_deleted, order_search_line, order_search_row, order_search_rows,
    write_order_search_text, order_search_compact;
"""
)


class Migration(migrations.Migration):
    dependencies = [("order", "0033_order_search_indexes"), ("users", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="OrderSearchText",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="order.order",
                    ),
                ),
                ("text", models.TextField()),
            ],
            options={"default_permissions": ()},
        ),
        PostgresSQL(before.DROP, before.CREATE),
        PostgresSQL(FUNCTIONS + TRIGGERS + FILL, DROP),
    ]
