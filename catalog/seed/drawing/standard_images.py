"""The standard images of a product: in perspective, plan views with dimensions, next to a coin."""

from dataclasses import dataclass

from catalog.seed.drawing.canvas import HEIGHT, WIDTH, Canvas, View, fitted
from catalog.seed.drawing.geometry import P2, circle
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import HAIR, SKY, WASH, figure
from catalog.seed.drawing.subject import Drawing, Flat, Subject

COIN_MM = 26.5  # a one-dollar coin


@dataclass(frozen=True)
class SvgImage:
    """One image and its alternative text."""

    svg: str
    caption: str


# The number of images by product class; two by default.
COUNTS = {
    "airplane": 4, "receiver": 3, "motor": 3, "actuator": 3, "servo": 3, "cell": 3, "magnet": 3,
    "gearbox": 3, "toy": 3, "rod": 3, "starter_set": 3, "transmitter": 3,
}  # fmt: skip


def standard_images(subject: Subject, drawing: Drawing) -> list[SvgImage]:
    """Return one to four images. The first one, which cards show, is in perspective."""
    count = COUNTS.get(subject.product_class, 2)
    images = [perspective_image(subject, drawing)]
    images += [plan_image(subject, drawing, flat) for flat in drawing.flats]
    if drawing.coin and count > 2:
        images = [*images[: count - 1], coin_image(subject, drawing)]
    return images[:count]


def perspective_image(subject: Subject, drawing: Drawing) -> SvgImage:
    """Return the product in perspective, standing, lying or flying over its shadow."""
    canvas = Canvas()
    model = drawing.space_model or drawing.model
    low = min(z for _, _, z in model.points())
    ground = low - drawing.floor_gap
    points = model.points()
    points += [(x, y, ground) for x, y, _ in points]
    box = (100, 100, WIDTH - 200, HEIGHT - 240)
    view = fitted(points, drawing.iso, box, scale=drawing.iso_scale)
    canvas.shadow(model, view, ground)
    canvas.model(model, view)
    canvas.text(subject.sku, 60, 78, 19)
    canvas.text(drawing.key_figure, 60, 852, 30, colour=SKY)
    canvas.text(f"{figure(subject.weight_g)} g", WIDTH - 60, 852, 34, anchor="end")
    return SvgImage(canvas.svg(), "three-quarter view")


def plan_image(subject: Subject, drawing: Drawing, flat: Flat) -> SvgImage:
    """Return a plan, side or front view with dimension lines."""
    canvas = Canvas()
    model = flat.model or drawing.model
    view = fitted(model.points(), flat.camera, (200, 150, WIDTH - 400, HEIGHT - 330))
    canvas.model(model, view)
    edges = _edges(view, model)
    for line in flat.dimensions:
        away = (56 + 58 * line.row) * (-1 if line.side in ("top", "left") else 1)
        edge = edges[line.side] + away
        canvas.dimension(view.at(line.a), view.at(line.b), line.side, edge, line.text)
    canvas.caption(f"{subject.sku}  {flat.name}")
    canvas.scale_bar(view)
    return SvgImage(canvas.svg(), f"{flat.name} with dimensions")


def _edges(view: View, model: Model) -> dict[str, float]:
    """Return the edges of the drawing in pixels."""
    points = [view.at(p) for p in model.points()]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return {"left": min(xs), "right": max(xs), "top": min(ys), "bottom": max(ys)}


def coin_image(subject: Subject, drawing: Drawing) -> SvgImage:
    """Return the product next to a one-dollar coin, to the same scale."""
    canvas = Canvas()
    camera = drawing.coin_camera
    model = drawing.space_model or drawing.model
    points = model.points()
    flat = [camera.project(p) for p in points]
    left, right = min(x for x, _ in flat), max(x for x, _ in flat)
    top, bottom = min(y for _, y in flat), max(y for _, y in flat)
    gap = COIN_MM * 0.3
    wide, tall = right - left + gap + COIN_MM, max(bottom - top, COIN_MM)
    scale = min((WIDTH - 240) / wide, (HEIGHT - 280) / tall)
    start = WIDTH / 2 - wide * scale / 2
    coin = (start + COIN_MM / 2 * scale, HEIGHT / 2 - 25)
    box = (start + (COIN_MM + gap) * scale, 85, (right - left) * scale + 1, HEIGHT - 220)
    view = fitted(points, camera, box, scale=scale)
    _coin(canvas, coin, scale)
    canvas.model(model, view)
    canvas.caption(f"{subject.sku}  BESIDE A COIN OF {COIN_MM} mm")
    canvas.scale_bar(view)
    return SvgImage(canvas.svg(), f"beside a coin of {COIN_MM} mm")


def _coin(canvas: Canvas, centre: P2, scale: float) -> None:
    """Draw an eleven-sided coin with a maple seed, which is no country's design."""
    for radius, pen in ((COIN_MM / 2, 3.0), (COIN_MM / 2 - 1.4, HAIR)):
        ring = [(centre[0] + x, centre[1] + y) for x, y in circle(radius * scale, 11)]
        canvas.path(ring, pen, fill=WASH["coin"])
    k = COIN_MM / 26.5 * scale
    for sign in (1, -1):
        wing = [(0, 3), (2, -1), (6, -4), (8.5, -4.5), (8, -1.5), (5, 1.5), (1, 4.2)]
        points = [(centre[0] + sign * x * k, centre[1] + y * k) for x, y in wing]
        canvas.path(points, HAIR)
    canvas.circle((centre[0], centre[1] + 3.6 * k), 1.5 * k, HAIR)


def lineup(models: list[Model], gap: float) -> Model:
    """Return several models side by side along x, on the same floor."""
    together, x = Model(), 0.0
    for model in models:
        points = model.points()
        low = min(p[0] for p in points)
        together.merge(model, (x - low, 0, 0))
        x += max(p[0] for p in points) - low + gap
    return together
