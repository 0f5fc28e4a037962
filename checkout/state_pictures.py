"""Tables of states as SVG pictures: what `manage.py draw_states` writes into docs/states/."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape

from accounts.newsletter.states import CAMPAIGN, DELIVERY, SUBSCRIBER
from checkout.order.states import LINE, ORDER
from checkout.payment.states import ATTEMPT
from checkout.returns.states import RETURN
from checkout.state_layout import Layout, Spot, lay_out
from microflight.core.states import Machine
from policies.states import VERSION

#: Every table of the shop, by the name of its picture.
PICTURES: dict[str, Machine] = {
    "order": ORDER,
    "order-line": LINE,
    "payment-attempt": ATTEMPT,
    "return": RETURN,
    "policy-version": VERSION,
    "subscriber": SUBSCRIBER,
    "campaign": CAMPAIGN,
    "delivery": DELIVERY,
}

# pixels
BOX_WIDTH, BOX_HEIGHT = 204, 54
ACROSS, DOWN = 276, 82
MARGIN, TITLE = 44, 44
PORTS = 14  # between two arrows at one side of a box

_STYLE = """
  text { font: 15px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #12232e; }
  .title { font-size: 20px; font-weight: 600; }
  .value { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; fill: #4a5b66; }
  .box { fill: #ffffff; stroke: #12232e; stroke-width: 1.5; }
  .end { fill: none; stroke: #12232e; stroke-width: 1; }
  .way { fill: none; stroke: #0a6aa6; stroke-width: 1.75; }
"""


def draw(name: str) -> str:
    """Return the picture of a machine as SVG text."""
    machine = PICTURES[name]
    layout = lay_out(machine)
    width = 2 * MARGIN + (layout.columns - 1) * ACROSS + BOX_WIDTH
    height = 2 * MARGIN + TITLE + max(layout.row.values()) * DOWN + BOX_HEIGHT
    title = f"The states of {machine.thing}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{title}</title>',
        f'<desc id="desc">{escape(_in_words(machine))}</desc>',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" fill="#0a6aa6"/></marker></defs>',
        '<rect width="100%" height="100%" fill="#fbfaf6"/>',
        f'<text class="title" x="{MARGIN}" y="{MARGIN + 6}">{title}</text>',
        *_ways(layout),
        *(_box(machine, spot, layout) for spot in layout.row if spot.name),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _in_words(machine: Machine) -> str:
    """The moves as text, for whoever does not see the picture."""
    return " ".join(
        f"{old}: {', '.join(following) or 'the end'}." for old, following in machine.moves.items()
    )


def _x(spot: Spot) -> float:
    return MARGIN + spot.column * ACROSS


def _y(spot: Spot, layout: Layout) -> float:
    """The middle of a spot."""
    return MARGIN + TITLE + layout.row[spot] * DOWN + BOX_HEIGHT / 2


def _box(machine: Machine, spot: Spot, layout: Layout) -> str:
    x, middle = _x(spot), _y(spot, layout)
    top, center = middle - BOX_HEIGHT / 2, x + BOX_WIDTH / 2
    start = spot.name == machine.start
    return "".join(
        [
            f'<rect class="box" x="{x:.1f}" y="{top:.1f}" width="{BOX_WIDTH}" '
            f'height="{BOX_HEIGHT}" rx="8"/>',
            f'<rect class="end" x="{x + 4:.1f}" y="{top + 4:.1f}" width="{BOX_WIDTH - 8}" '
            f'height="{BOX_HEIGHT - 8}" rx="5"/>'
            if machine.is_end(spot.name)
            else "",
            f'<circle cx="{x - 26:.1f}" cy="{middle:.1f}" r="6" fill="#12232e"/><path class="way" '
            f'd="M{x - 20:.1f} {middle:.1f}H{x - 1:.1f}" marker-end="url(#tip)"/>'
            if start
            else "",
            f'<text x="{center:.1f}" y="{middle - 3:.1f}" text-anchor="middle">'
            f"{escape(str(machine.states(spot.name).label))}</text>",
            f'<text class="value" x="{center:.1f}" y="{middle + 16:.1f}" text-anchor="middle">'
            f"{escape(spot.name)}</text>",
        ]
    )


def _ways(layout: Layout) -> Iterator[str]:
    """One curve for each arrow, level where it leaves, bends and arrives."""
    port = _ports(layout)
    for at, arrow in enumerate(layout.arrows):
        forward = arrow[-1].column > arrow[0].column
        points = [(_x(arrow[0]) + (BOX_WIDTH if forward else 0), port[at, "leaves"])]
        for spot in arrow[1:-1]:
            level = _y(spot, layout)
            edges = [(_x(spot), level), (_x(spot) + BOX_WIDTH, level)]
            points += edges if forward else edges[::-1]
        points.append((_x(arrow[-1]) + (0 if forward else BOX_WIDTH), port[at, "arrives"]))
        yield f'<path class="way" d="{_curve(points)}" marker-end="url(#tip)"/>'


def _curve(points: list[tuple[float, float]]) -> str:
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        half = (x + to_x) / 2
        path += f"C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    return path


def _ports(layout: Layout) -> dict[tuple[int, str], float]:
    """The height at which each arrow leaves and arrives: beside each other, never crossing."""
    sides: dict[tuple[Spot, bool], list[tuple[float, int, str]]] = defaultdict(list)
    for at, arrow in enumerate(layout.arrows):
        forward = arrow[-1].column > arrow[0].column
        sides[arrow[0], forward].append((layout.row[arrow[1]], at, "leaves"))
        sides[arrow[-1], not forward].append((layout.row[arrow[-2]], at, "arrives"))
    port = {}
    for (spot, _), found in sides.items():
        for place, (_, at, end) in enumerate(sorted(found)):
            port[at, end] = _y(spot, layout) + (place - (len(found) - 1) / 2) * PORTS
    return port
