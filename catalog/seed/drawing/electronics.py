"""Receivers, speed controls and other circuit boards; transmitters."""

from collections.abc import Sequence

from catalog.seed.drawing.geometry import FRONT, ORIGIN, P3, PLAN, Camera, corners
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Drawing, measured

Size = Sequence[float]


def receiver(subject: Subject) -> Drawing:
    length, width, thick = subject.size("length", "width", "thickness")
    leads = int(subject.word("actuators", "0")) * 2 or 2
    return circuit_board(subject, (length, width, thick), leads=leads)


def circuit_board(subject: Subject, size: Size, *, leads: int) -> Drawing:
    model = board_model(subject, size, leads)
    plan = measured("PLAN VIEW", PLAN, model, body=corners(ORIGIN, size), wide="top", tall="left")
    return Drawing(model, (plan,), Camera(26, 36), PLAN, _channels(subject))


def _channels(subject: Subject) -> str:
    channels, band = subject.text("channels"), subject.text("frequency_mhz")
    return f"{channels} CH  {band} MHz" if subject.mm("channels") else ""


def board_model(subject: Subject, size: Size, leads: int) -> Model:
    """Return a board with chips, pads and leads, its low left corner at the origin."""
    length, width, thick = size
    sheet, model = min(thick * 0.4, 0.8), Model()
    model.box((0, 0, 0), (length, width, sheet), "board")
    chips = load_model("receiver", "chips").scaled(length, width, min(thick - sheet, 1.2))
    model.merge(chips, (0, 0, sheet))
    rows = max(leads + 2, 4)
    for i in range(rows):
        y = width * (i + 0.7) / (rows + 0.4)
        pad = min(width * 0.1, 1.0)
        model.disc("z", (length * 0.055, y, sheet + 0.01), pad, "gold")
        if i < leads:
            _add_lead(model, (length * 0.05, y, sheet), length, i)
    _add_sockets(model, subject, size, sheet)
    for i in range(int(subject.word("servos", "0"))):
        slider = load_model("receiver", "slider").scaled(length / 32, width / 22, thick / 7.5)
        model.merge(slider, (length * 0.08, width * (0.78 * i - 0.02), sheet))
    if band := subject.mm("frequency_mhz"):
        reach = length * (1.5 if band < 1000 else 0.75)
        aerial = [(length * 0.96, width * 0.9, sheet), (length, width * 0.9, sheet),
                  (length + reach, width * 1.2, sheet + thick * 1.2)]  # fmt: skip
        model.wire(aerial, 3, layer=2)
    return model


def _add_lead(model: Model, start: P3, length: float, number: int) -> None:
    x, y, z = start
    bend = length * 0.025 * (1 + number * 0.4) * (1 if number % 2 else -1)
    lead = [start, (x - length * 0.25, y + bend * 0.25, z), (x - length * 0.5, y + bend, z)]
    model.wire(lead, 3.4, ("ink", "sky")[number % 2], curved=True, layer=2)


def _add_sockets(model: Model, subject: Subject, size: Size, sheet: float) -> None:
    """Add what the cell or the servos plug into."""
    length, width, thick = size
    plug = subject.word("connector")
    if plug == "Magnetic":
        for y in (width * 0.25, width * 0.75):
            at = (length * 0.93, y, 0)
            model.rod("z", (sheet, sheet + 1), min(width * 0.2, 2.4), "silver", at=at, layer=2)
    elif plug.endswith("plug"):
        top = min(max(thick, sheet + 1.6), sheet + 3.4)
        low, high = (length * 0.86, width * 0.1, sheet), (length * 1.02, width * 0.45, top)
        model.box(low, high, layer=2)


def transmitter(subject: Subject) -> Drawing:
    model = transmitter_model(subject)
    case = corners(ORIGIN, subject.size("width", "depth", "height"))
    front = measured("FRONT VIEW", FRONT, model, body=case)
    if subject.has("module"):
        return Drawing(model, [front], Camera(24, 24), FRONT, _channels(subject))
    plan = measured("PLAN VIEW", PLAN, model)
    return Drawing(model, [front, plan], Camera(24, 24), key_figure=_channels(subject))


def transmitter_model(subject: Subject) -> Model:
    """Return a hand-held case standing upright, its face towards the reader (low y)."""
    if subject.has("module"):
        return load_model("transmitter", "module")
    model, (width, depth, height) = Model(), subject.size("width", "depth", "height")
    display = "display" if subject.has("display") else "lamp"
    for name in ("case", display, f"{subject.word('antenna', 'short')}_antenna"):
        model.merge(load_model("transmitter", name))
    return model.scaled(width / 148, depth / 52, height / 112)
