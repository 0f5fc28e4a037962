"""Lists with filters and paging, and the `expand` parameter (docs.stripe.com/api/pagination)."""

import copy
import operator
from collections.abc import Callable

from .errors import malformed
from .params import Params, items, whole_number
from .state import Body, State

MOST_TYPES = 20  # of events in one list; docs.stripe.com/api/events/list
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def page(
    state: State,
    kind: str,
    params: Params,
    *,
    matching: tuple[str, ...] = (),
    only: Callable[[Body], bool] = bool,
) -> Body:
    """One page of the objects of a kind, the newest first; `matching` names its exact filters.

    `only` drops objects that Stripe does not list, such as closed reviews.
    """
    rows = [row for row in state.every(kind) if only(row) and _created_within(row, params)]
    for name in matching:
        if params.get(name):
            rows = [row for row in rows if row[name] == params[name]]
    return _cut(rows, kind, params)


def page_of_events(state: State, params: Params) -> Body:
    """Events, by `type` (with * as in charge.*), `types` and `delivery_success`."""
    kinds = _kinds_wanted(params)
    wanted = params.get("delivery_success")
    rows = [
        row
        for row in state.every("event")
        if _created_within(row, params)
        and (not kinds or any(_is_kind(row["type"], kind) for kind in kinds))
        and wanted in (None, "false" if row["pending_webhooks"] else "true")
    ]
    return _cut(rows, "event", params)


def _kinds_wanted(params: Params) -> list[str]:
    if params.get("type") and params.get("types"):
        raise malformed("You may only specify one of these parameters: type, types.")
    kinds = items(params, "types")
    if len(kinds) > MOST_TYPES:
        raise malformed(f"At most {MOST_TYPES} types may be specified.", param="types")
    return [params["type"]] if params.get("type") else kinds


def _is_kind(kind: str, pattern: str) -> bool:
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern


def _created_within(row: Body, params: Params) -> bool:
    bounds = params.get("created")
    if bounds is None:
        return True
    if not isinstance(bounds, dict):
        return bool(row["created"] == whole_number(params, "created"))
    return all(
        COMPARISONS[name](row["created"], whole_number(bounds, name) or 0) for name in bounds
    )


def _cut(rows: list[Body], kind: str, params: Params) -> Body:
    size = whole_number(params, "limit")
    size = 10 if size is None else size
    if not 1 <= size <= 100:
        raise malformed("Invalid limit: must be between 1 and 100", param="limit")
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise malformed("You may only specify one of starting_after, ending_before.")
    if before:
        newer = rows[: _place(rows, kind, before, "ending_before")]
        data, more = newer[-size:], len(newer) > size
    else:
        older = rows[_place(rows, kind, after, "starting_after") + 1 :] if after else rows
        data, more = older[:size], len(older) > size
    return {
        "object": "list",
        "data": data,
        "has_more": more,
        "url": f"/v1/{kind.replace('.', '/')}s",
    }


def _place(rows: list[Body], kind: str, object_id: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == object_id:
            return place
    raise malformed(f"No such {kind}: '{object_id}'", code="resource_missing", param=param)


def expand(state: State, body: Body, paths: list[str]) -> Body:
    """A copy of `body` with ids replaced by their objects along each dotted path."""
    body = copy.deepcopy(body)
    for path in paths:
        if path.count(".") > 3:
            raise malformed("You cannot expand more than 4 levels.", param="expand")
        _expand_path(state, body, path)
    return body


def _expand_path(state: State, body: Body, path: str) -> None:
    head, _, rest = path.partition(".")
    if head == "data" and isinstance(body.get("data"), list):
        for row in body["data"]:
            _expand_path(state, row, rest)
        return
    if head == "refunds" and body["object"] == "charge":
        body["refunds"] = copy.deepcopy(
            page(state, "refund", {"charge": body["id"]}, matching=("charge",))
        )
        return
    value = body.get(head, path)
    if isinstance(value, str):
        if value not in state.objects:
            raise malformed(f"This property cannot be expanded ({path}).", param="expand")
        body[head] = copy.deepcopy(state.objects[value])
    if rest and isinstance(body[head], dict):
        _expand_path(state, body[head], rest)
