"""Receivers, speed controls and other circuit boards; transmitters."""

from catalog.seed.drawing.geometry import FRONT, P3, PLAN, Camera, circle
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR, INK, SKY, figure
from catalog.seed.drawing.subject import Dimension, Drawing, Flat, Subject


def receiver(subject: Subject) -> Drawing:
    length, width = subject.mm("length_mm"), subject.mm("width_mm")
    servos = int(subject.word("servos", "0"))
    return circuit_board(
        subject, length, width, subject.mm("thickness_mm"),
        leads=int(subject.word("actuators", "0")) * 2 or 2, servos=servos,
        aerial=subject.product_class == "receiver" and bool(subject.mm("frequency_mhz")),
    )  # fmt: skip


def circuit_board(
    subject: Subject,
    length: float,
    width: float,
    thick: float,
    *,
    leads: int,
    servos: int = 0,
    aerial: bool = False,
) -> Drawing:
    model = board_model(subject, length, width, thick, leads, servos, aerial)
    corner = (length, width, 0.0)
    plan = Flat("PLAN VIEW", PLAN, (
        Dimension((0, width, 0), corner, figure(length)),
        Dimension((0, 0, 0), (0, width, 0), figure(width), "left"),
    ))  # fmt: skip
    edge = Flat("SIDE VIEW", FRONT, (
        Dimension((0, 0, 0), (length, 0, 0), figure(length), "bottom"),
        Dimension((0, 0, 0), (0, 0, thick), figure(thick), "left"),
    ), board_model(subject, length, width, thick, 0, servos, False))  # fmt: skip
    return Drawing(model, (plan, edge), iso=Camera(26, 36), key_figure=_channels(subject))


def _channels(subject: Subject) -> str:
    channels = subject.mm("channels")
    return f"{figure(channels)} CH  {figure(subject.mm('frequency_mhz'))} MHz" if channels else ""


def board_model(
    subject: Subject,
    length: float,
    width: float,
    thick: float,
    leads: int,
    servos: int,
    aerial: bool,
) -> Model:
    """A board with chips, pads and leads; low left corner at the origin."""
    sheet = min(thick * 0.4, 0.8)
    rows = [width * (i + 0.7) / (max(leads + 2, 4) + 0.4) for i in range(max(leads + 2, 4))]
    model = Model()
    model.box((0, 0, 0), (length, width, sheet), "board")
    _chips(model, length, width, sheet, min(thick, sheet + 1.2), sum(map(ord, subject.sku)))
    _pads(model, length, width, sheet, rows)
    _sockets(model, subject, length, width, sheet, thick)
    for i in range(servos):
        corner = (length * 0.08, -width * 0.02 + i * width * 0.78, sheet)
        slider(model, corner, length * 0.9, width * 0.24, thick)
    for i, y in enumerate(rows[:leads]):
        lead = _curl((length * 0.05, y, sheet), -length * 0.5, i)
        model.wire(lead, 3.4, layer=2, colour=(INK, SKY)[i % 2])
    if aerial:
        reach = length * (1.5 if subject.mm("frequency_mhz") < 1000 else 0.75)
        _aerial_wire(model, length, width, sheet, thick, reach)
    return model


def _chips(model: Model, length: float, width: float, sheet: float, lid: float, seed: int) -> None:
    """The processor, a crystal, and a row of small parts that differs from board to board."""
    k = length / 10
    model.box((k * 3.4, width * 0.30, sheet), (k * 6.2, width * 0.74, lid), "dark", layer=1)
    model.box(
        (k * 7.0, width * 0.52, sheet), (k * 8.6, width * 0.86, sheet + 0.5), "metal", layer=1
    )
    for i in range(5):
        x = k * (1.0 + 1.7 * ((i * 3 + seed) % 5))
        model.box(
            (x, width * 0.1, sheet), (x + k * 0.7, width * 0.19, sheet + 0.3), "wood", layer=1
        )
    model.wire(
        [(k * 5.4, width * 0.38, lid + 0.01), (k * 5.9, width * 0.38, lid + 0.01)], HAIR, layer=2
    )


def _pads(model: Model, length: float, width: float, sheet: float, rows: list[float]) -> None:
    """Gold pads along the left edge, one a row."""
    for y in rows:
        dot = circle(min(width * 0.05, 0.5), 20)
        pad = [(length * 0.055 + u, y + v, sheet + 0.01) for u, v in dot]
        model.face(pad, "gold", pen=HAIR, layer=1)


def _aerial_wire(
    model: Model, length: float, width: float, sheet: float, thick: float, reach: float
) -> None:
    """A stiff wire that rises from the right-hand end."""
    points: list[P3] = [(length * 0.96, width * 0.9, sheet)]
    points += [
        (length + reach * t / 10, width * (0.9 + 0.03 * t), sheet + thick * 0.12 * t)
        for t in range(11)
    ]
    model.wire(points, 3, layer=2)


def _sockets(
    model: Model, subject: Subject, length: float, width: float, low: float, high: float
) -> None:
    """How the cell or the servos plug in."""
    plug = subject.word("connector")
    if plug == "Magnetic":
        for y in (0.25, 0.75):
            model.rod("z", low, low + 1.0, min(width * 0.2, 2.4), "silver",
                      at=(length * 0.93, width * y, 0), layer=2)  # fmt: skip
    elif plug.endswith("plug"):
        top = min(max(high, low + 1.6), low + 3.4)
        model.box(
            (length * 0.86, width * 0.1, low), (length * 1.02, width * 0.45, top), "paper", layer=2
        )


def slider(model: Model, at: P3, length: float, width: float, height: float) -> None:
    """A linear servo: a track with a lead screw and a slide."""
    x, y, z = at
    model.box((x, y, z), (x + length, y + width, z + height * 0.45), "paper", layer=1)
    model.rod(
        "y",
        y,
        y + width,
        height * 0.5,
        "metal",
        at=(x + length * 0.12, 0, z + height * 0.62),
        layer=2,
    )
    model.wire(
        [
            (x + length * 0.25, y + width / 2, z + height * 0.7),
            (x + length * 0.97, y + width / 2, z + height * 0.7),
        ],
        4,
        layer=2,
    )
    model.box(
        (x + length * 0.55, y + width * 0.1, z + height * 0.5),
        (x + length * 0.68, y + width * 0.9, z + height),
        "film",
        layer=3,
    )


def _curl(start: P3, reach: float, i: int) -> list[P3]:
    x, y, z = start
    bend = 1 if i % 2 else -1
    return [
        (x + reach * t / 8, y + bend * abs(reach) * 0.05 * (t / 8) ** 2 * (1 + i * 0.4), z)
        for t in range(9)
    ]


def transmitter(subject: Subject) -> Drawing:
    width, height, depth = (subject.mm(f"{side}_mm") for side in ("width", "height", "depth"))
    model = transmitter_model(subject, width, height, depth)
    front_most, rear = (pick(model.points(), key=lambda p: p[1]) for pick in (min, max))
    front = Flat("FRONT VIEW", FRONT, (
        Dimension((0, 0, 0), (width, 0, 0), figure(width), "bottom"),
        Dimension((width, 0, 0), (width, 0, height), figure(height), "right"),
    ))  # fmt: skip
    above = Flat("PLAN VIEW", PLAN, (
        Dimension((0, 0, 0), (width, 0, 0), figure(width), "bottom"),
        Dimension(front_most, rear, figure(depth), "right"),
    ))  # fmt: skip
    return Drawing(
        model, (front, above), iso=Camera(24, 24), coin=width < 60, coin_camera=FRONT,
        key_figure=_channels(subject),
    )  # fmt: skip


def transmitter_model(subject: Subject, width: float, height: float, depth: float) -> Model:
    """A hand-held case standing upright, its face towards the reader (low y)."""
    model = Model()
    deep = depth - (1.2 if subject.word("module") == "yes" else width * 0.13 * 1.05)
    r = min(width, height) * 0.12
    outline = _rounded(width, height, r)
    model.prism([(z, x) for x, z in outline], "y", 0, deep, "paper", side_pen=0.6)
    if subject.word("module") == "yes":
        model.box(
            (width * 0.2, -1.2, height * 0.55), (width * 0.8, 0, height * 0.85), "film", layer=1
        )
        _aerial(model, width, height, deep, 0.9)
        return model
    for side in (0.27, 0.73):
        _stick(model, width * side, height * 0.47, width * 0.13)
    _window(model, width, height, display=subject.word("display") == "yes")
    for side in (0.2, 0.8):
        model.rod("z", height, height + 7, 3.2, "metal", at=(width * side, deep * 0.4, 0), layer=1)
    model.rod("y", -1.5, 0, width * 0.04, "paper", at=(width * 0.5, 0, height * 0.2), layer=1)
    _aerial(model, width, height, deep, 1.7 if subject.word("antenna") == "long" else 0.5)
    return model


def _window(model: Model, width: float, height: float, *, display: bool) -> None:
    """A display with three lines of text, or a small dark lamp window."""
    left, right, low, high = (0.36, 0.64, 0.72, 0.9) if display else (0.44, 0.56, 0.76, 0.82)
    corners = ((left, low), (right, low), (right, high), (left, high))
    panel = [(width * u, -0.1, height * v) for u, v in corners]
    model.face(panel, "film" if display else "dark", layer=1)
    for i in range(3 if display else 0):
        z = height * (0.76 + 0.045 * i)
        model.wire([(width * 0.39, -0.2, z), (width * (0.5 + 0.03 * i), -0.2, z)], HAIR, layer=2)


def _rounded(width: float, height: float, r: float) -> list[tuple[float, float]]:
    corners = ((width - r, r), (width - r, height - r), (r, height - r), (r, r))
    points = []
    for i, (x, z) in enumerate(corners):
        arc = circle(r, 24)
        first = (i * 6 + 18) % 24
        points += [(x + arc[(first + j) % 24][0], z + arc[(first + j) % 24][1]) for j in range(7)]
    return points


def _stick(model: Model, x: float, z: float, size: float) -> None:
    gate = [(x + u * size, -0.1, z + v * size) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    model.face(gate, "grey", layer=1)
    model.face([(x + u, -0.2, z + v) for u, v in circle(size * 0.62)], "dark", pen=HAIR, layer=1)
    model.rod("y", -size * 0.9, -0.3, size * 0.32, "metal", at=(x, 0, z), layer=2)
    model.turned(
        [(-size * 1.05, size * 0.26), (-size * 0.9, size * 0.3), (-size * 0.75, size * 0.22)],
        "y",
        "paper",
        at=(x, 0, z),
        layer=3,
    )
    for sign in (1, -1):
        trim = [
            (x + sign * size * 1.25 + u, -0.1, z + v)
            for u, v in (
                (-1.5, -size * 0.6),
                (1.5, -size * 0.6),
                (1.5, size * 0.6),
                (-1.5, size * 0.6),
            )
        ]
        model.face(trim, "metal", pen=HAIR, layer=1)


def _aerial(model: Model, width: float, height: float, deep: float, reach: float) -> None:
    x, y = width * 0.5, deep * 0.55
    if reach > 1:
        for i, d in enumerate((5.0, 3.6, 2.2)):
            low = height + height * reach / 3 * i
            model.rod("z", low, low + height * reach / 3, d, "silver", at=(x, y, 0), layer=1)
        return
    model.turned(
        [(height, 4), (height * (1 + reach * 0.6), 3.4), (height * (1 + reach * 0.62), 2.4)],
        "z",
        "dark",
        at=(x, y, 0),
        layer=1,
    )
