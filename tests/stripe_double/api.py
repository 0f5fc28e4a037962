"""One API call from key to answer: permission, idempotency, the work, and ordered trouble."""

from dataclasses import dataclass, field

from . import idempotency
from .errors import Body, Refusal
from .faults import Fault, Faults
from .params import parse_form
from .routes import check_key, perform
from .state import Answer, State


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    form: str  # the query of a GET, the body of a POST, both form-encoded
    bearer: str
    idempotency_key: str | None
    request_id: str


@dataclass(frozen=True)
class Reply:
    status: int
    body: Body
    headers: dict[str, str] = field(default_factory=dict)


LOST = None  # the connection ends without an answer


def answer(state: State, faults: Faults, call: Call) -> Reply | None:
    """Answer one call; None if a test ordered that the answer gets lost."""
    fault = faults.meet(f"{call.method} {call.path}")
    if fault and fault.when == "before" and fault.kind != "stall":
        return _struck(fault)
    try:
        reply = _authorised(state, faults, call, fault)
    except Refusal as refusal:
        reply = Reply(refusal.status, refusal.body)
    if fault and fault.when == "after":
        if fault.kind != "stall":
            return _struck(fault)
        faults.stall()
    return reply


def _struck(fault: Fault) -> Reply | None:
    if fault.kind == "lost":
        return LOST
    return Reply(fault.status, fault.as_refusal().body, fault.headers)


def _authorised(state: State, faults: Faults, call: Call, fault: Fault | None) -> Reply:
    params = parse_form(call.form)
    in_form = str(params.pop("key", ""))  # stripe.js sends its key as a parameter
    key = call.bearer or in_form
    check_key(key)
    claimed = call.idempotency_key if call.method == "POST" else None
    if claimed:
        with state.lock:
            mark = idempotency.fingerprint(call.path, call.form)
            known = idempotency.claim(state, claimed, mark)
        if known:
            return _replay(known)
    if fault and fault.when == "before":
        faults.stall()
    with state.lock:
        state.cause = {"id": call.request_id, "idempotency_key": claimed}
        try:
            reply = Reply(200, perform(state, call.method, call.path, params, key))
            stored = True
        except Refusal as refusal:
            reply, stored = Reply(refusal.status, refusal.body), refusal.stored
        except BaseException:
            idempotency.free(state, claimed or "")
            raise
        finally:
            state.cause = {"id": None, "idempotency_key": None}
        if claimed:
            _remember(state, claimed, reply if stored else None, fault)
    return reply


def _replay(known: Answer) -> Reply:
    return Reply(known.status or 200, known.body, {"Idempotent-Replayed": "true"})


def _remember(state: State, key: str, reply: Reply | None, fault: Fault | None) -> None:
    """Keep the answer under its key; a `kept` fault puts its error in the answer's place."""
    if fault and fault.kept and fault.when == "after":
        idempotency.keep(state, key, fault.status, fault.as_refusal().body)
    elif reply:
        idempotency.keep(state, key, reply.status, reply.body)
    else:
        idempotency.free(state, key)
