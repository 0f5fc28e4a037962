"""One API call: authentication, idempotency, the action, and faults."""

from dataclasses import dataclass, field

from . import idempotency
from .errors import Refusal
from .faults import Fault, Faults
from .params import Params, parse_form
from .routes import check_key, perform
from .state import NO_CAUSE, Answer, Body, State


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    form: str  # the query of a GET, the body of a POST, both form-encoded
    bearer: str
    idempotency_key: str | None
    request_id: str

    @property
    def claimed_key(self) -> str | None:
        """The idempotency key, which means something to a POST only."""
        return self.idempotency_key if self.method == "POST" else None


@dataclass(frozen=True)
class Reply:
    status: int
    body: Body
    headers: dict[str, str] = field(default_factory=dict)


LOST = None  # the connection ends without an answer


def answer(state: State, faults: Faults, call: Call) -> Reply | None:
    """Answer one call; None if a fault loses the answer."""
    fault = faults.meet(f"{call.method} {call.path}")
    early = fault if fault and fault.when == "before" else None
    late = fault if fault and fault.when == "after" else None
    if early and early.kind != "stall":
        return _strike(early)
    try:
        params, key = _admit(call)
        known = _claim(state, call)
        if known:
            reply = Reply(known.status or 200, known.body, {"Idempotent-Replayed": "true"})
        elif early and not faults.stall():
            return LOST
        else:
            reply = _work(state, call, params, key, late)
    except Refusal as refusal:
        reply = Reply(refusal.status, refusal.body)
    if late and late.kind != "stall":
        return _strike(late)
    if late and not faults.stall():
        return LOST
    return reply


def _strike(fault: Fault) -> Reply | None:
    if fault.kind == "lost":
        return LOST
    return Reply(fault.status, fault.as_refusal().body, fault.headers)


def _admit(call: Call) -> tuple[Params, str]:
    """The parameters and the API key, which stripe.js sends as one of them."""
    params = parse_form(call.form)
    in_form = str(params.pop("key", ""))
    key = call.bearer or in_form
    check_key(key)
    return params, key


def _claim(state: State, call: Call) -> Answer | None:
    if not call.claimed_key:
        return None
    with state.lock:
        mark = idempotency.fingerprint(call.path, call.form)
        return idempotency.claim(state, call.claimed_key, mark)


def _work(state: State, call: Call, params: Params, key: str, late: Fault | None) -> Reply:
    """Do it and settle the claim in one hold of the lock."""
    with state.lock:
        if call.method == "POST":
            state.requests.append({"path": call.path, "params": params})
        state.cause = {"id": call.request_id, "idempotency_key": call.claimed_key}
        kept = None
        try:
            reply = kept = Reply(200, perform(state, call.method, call.path, params, key))
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.body)
            kept = reply if refusal.stored else None
        finally:
            state.cause = dict(NO_CAUSE)
            if call.claimed_key:
                _settle(state, call.claimed_key, kept, late)
    return reply


def _settle(state: State, key: str, reply: Reply | None, late: Fault | None) -> None:
    """Keep the answer under its key; a `kept` fault puts its error in the answer's place."""
    if reply and late and late.kept:
        idempotency.keep(state, key, late.status, late.as_refusal().body)
    elif reply:
        idempotency.keep(state, key, reply.status, reply.body)
    else:
        idempotency.free(state, key)
