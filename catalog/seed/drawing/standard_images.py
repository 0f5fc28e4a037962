"""The standard images of a product: in perspective, views with dimensions, next to a coin."""

from dataclasses import dataclass

from catalog.seed.drawing.canvas import HEIGHT, MARGIN, WIDTH, Canvas, box_around, fitted
from catalog.seed.drawing.geometry import P2, Camera, circle
from catalog.seed.drawing.palette import COLOURS, HAIR, SKY, figure
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Drawing, View

COIN_MM = 26.5  # a one-dollar coin


@dataclass(frozen=True)
class SvgImage:
    """One image and its alternative text."""

    svg: str
    caption: str


def standard_images(subject: Subject, drawing: Drawing) -> list[SvgImage]:
    """Return one to four images. The first one, which cards show, is in perspective."""
    images = [perspective_image(subject, drawing)]
    images += [view_image(subject, view) for view in drawing.views]
    if drawing.coin:
        images.append(coin_image(subject, drawing, drawing.coin))
    return images


def perspective_image(subject: Subject, drawing: Drawing) -> SvgImage:
    """Return the product in perspective, standing, lying or flying over its shadow."""
    canvas, model = Canvas(), drawing.model
    ground = model.extent(2)[0] - drawing.floor_gap
    points = model.points()
    points += [(x, y, ground) for x, y, _ in points]
    box = (100, 100, WIDTH - 200, HEIGHT - 240)
    view = fitted(points, drawing.camera, box, drawing.limit)
    canvas.shadow(model, view, ground)
    canvas.model(model, view)
    canvas.text(subject.sku, (MARGIN, 78), 19)
    canvas.text(drawing.key_figure, (MARGIN, 852), 30, SKY)
    canvas.text(f"{figure(subject.weight_g)} g", (WIDTH - MARGIN, 852), 34, shift=1)
    return SvgImage(canvas.svg(), "three-quarter view")


def view_image(subject: Subject, flat: View) -> SvgImage:
    """Return a plan, side or front view with dimension lines."""
    canvas, points = Canvas(), flat.model.points()
    view = fitted(points, flat.camera, (200, 150, WIDTH - 400, HEIGHT - 330))
    canvas.model(flat.model, view)
    left, top, width, height = box_around(view.all_at(points))
    edges = {"left": left - 56, "right": left + width + 56,
             "top": top - 56, "bottom": top + height + 56}  # fmt: skip
    for line in flat.dimensions:
        canvas.dimension(view.at(line.a), view.at(line.b), line.side, edges[line.side], line.text)
    canvas.caption(f"{subject.sku}  {flat.name}", view)
    return SvgImage(canvas.svg(), f"{flat.name} with dimensions")


def coin_image(subject: Subject, drawing: Drawing, camera: Camera) -> SvgImage:
    """Return the product next to a one-dollar coin, to the same scale."""
    canvas, points = Canvas(), drawing.model.points()
    _, _, width, height = box_around(map(camera.project, points))
    beside = COIN_MM * 1.3  # the coin and a gap
    scale = min((WIDTH - 240) / (beside + width), (HEIGHT - 280) / max(height, COIN_MM))
    start = WIDTH / 2 - (beside + width) / 2 * scale
    box = (start + beside * scale, 85, width * scale + 1, HEIGHT - 220)
    view = fitted(points, camera, box, scale)
    _coin(canvas, (start + COIN_MM / 2 * scale, HEIGHT / 2 - 25), scale)
    canvas.model(drawing.model, view)
    canvas.caption(f"{subject.sku}  BESIDE A COIN OF {COIN_MM} mm", view)
    return SvgImage(canvas.svg(), f"beside a coin of {COIN_MM} mm")


def _coin(canvas: Canvas, centre: P2, scale: float) -> None:
    """Draw an eleven-sided coin with a maple seed, which is no country's design."""

    def place(points: list[P2]) -> list[P2]:
        return [(centre[0] + x * scale, centre[1] + y * scale) for x, y in points]

    for radius, pen in ((COIN_MM / 2, 3.0), (COIN_MM / 2 - 1.4, HAIR)):
        canvas.path(place(circle(radius, 11)), pen, fill=COLOURS["coin"])
    wing = [(0, 3), (2, -1), (6, -4), (8.5, -4.5), (8, -1.5), (5, 1.5), (1, 4.2)]
    for sign in (1, -1):
        canvas.path(place([(sign * x, y) for x, y in wing]), HAIR)
    canvas.path(place([(x, y + 3.6) for x, y in circle(1.5)]), HAIR)
