"""Airplanes, from their attributes and the shape in the `art` column."""

from dataclasses import dataclass

from catalog.seed.drawing.geometry import P3, PLAN, SIDE, Camera
from catalog.seed.drawing.model import Disc, Model
from catalog.seed.drawing.palette import HAIR, OUTLINE
from catalog.seed.drawing.propellers import propeller_model
from catalog.seed.drawing.shape_tables import outline
from catalog.seed.drawing.subject import Subject
from catalog.seed.drawing.views import Drawing, measured
from catalog.seed.drawing.wings import Wing, add_fin

COVERINGS = {"Blue": "blue", "Orange": "orange", "Yellow": "yellow", "Red": "red"}


@dataclass(frozen=True)
class Plane:
    """What its parts are placed by: the nose at high y, the middle of the wing at the origin."""

    subject: Subject
    span: float
    length: float
    chord: float

    def word(self, name: str) -> str:
        return self.subject.word(name)

    def has(self, hint: str) -> bool:
        return self.subject.has(hint)

    @property
    def wash(self) -> str:
        return COVERINGS.get(self.word("covering"), "film")

    @property
    def is_flying_wing(self) -> bool:
        return self.word("fuselage") == "none"

    @property
    def nose(self) -> float:
        """How far the nose is ahead of the middle of the wing."""
        if self.is_flying_wing:
            return self.chord * 0.5
        if self.word("tail") == "canard":
            return self.length * 0.74
        return self.chord * 0.5 + self.length * 0.13

    @property
    def wing_height(self) -> float:
        return self.chord * (-0.06 if self.has("low") else 0.13)

    @property
    def wing(self) -> Wing:
        dihedral, has_ailerons = float(self.word("dihedral")), self.has("ailerons")
        shape = self.word("wing")
        return Wing(shape, self.span, self.chord, dihedral, self.wash, 5, has_ailerons)


def airplane(subject: Subject) -> Drawing:
    model, span = airplane_model(subject), subject.mm("wingspan_mm")
    views = (
        measured("PLAN VIEW", PLAN, model, wide="top"),
        measured("SIDE VIEW", SIDE, model, tall="left"),
    )
    key = f"{subject.text('wingspan_mm')} mm"
    return Drawing(model, views, Camera(212, 34), PLAN, key, floor_gap=span * 0.16)


def airplane_model(subject: Subject) -> Model:
    """Return wings, fuselage, tail, motor and wheels as the seed's hints say."""
    span, length = subject.size("wingspan", "length")
    chord = subject.mm("wing_area_dm2") * 1e4 / span / (2 if subject.has("biplane") else 1)
    plane, model = Plane(subject, span, length, chord), Model()
    plane.wing.add_to(model, (0, 0, plane.wing_height), layer=-1 if plane.has("low") else 1)
    if plane.has("biplane"):
        _upper_wing(model, plane)
    if plane.is_flying_wing:
        _flying_wing(model, plane)
    else:
        _fuselage(model, plane)
        _tail(model, plane)
    if not plane.has("kit"):
        _power(model, plane)
    if plane.has("wheels"):
        _wheels(model, plane)
    if plane.has("floats"):
        _floats(model, plane)
    return model.scaled(x=span / model.size(0), y=length / model.size(1))


def _upper_wing(model: Model, plane: Plane) -> None:
    """Add the second wing of a biplane and its struts."""
    chord, gap, half = plane.chord, plane.chord * 0.72, Model()
    plane.wing.add_to(model, (0, chord * 0.25, plane.wing_height + gap), layer=3)
    for x in (plane.span * 0.05, plane.span * 0.28):
        z = plane.wing_height + plane.wing.height(x)
        for y in (chord * 0.3, -chord * 0.25):
            half.wire([(x, y, z), (x, y + chord * 0.2, z + gap)], layer=2)
    model.merge_both_sides(half)


def _fuselage(model: Model, plane: Plane) -> None:
    nose, k = plane.nose, plane.length / 100
    half = max(plane.length * 0.008, 0.8)
    if plane.word("fuselage") == "stick":
        model.box((-half, nose - plane.length, -half), (half, nose, half), "dark")
        return
    sides = (outline("side", name) for name in ("fuselage", "canopy"))
    fuselage, canopy = ([(nose + y * k, z * k) for y, z in side] for side in sides)
    wash = "foam" if plane.wash == "film" else plane.wash
    body = Model()
    body.prism("x", (-half, half), fuselage, wash)
    body.prism("x", (-half - 0.1, half + 0.1), canopy, "film", pen=HAIR)
    model.add(*body.shapes())


def _tail(model: Model, plane: Plane) -> None:
    """Add a canard, a V-tail or, without such a hint, a fin over a tailplane."""
    end, kind, size = plane.nose - plane.length, plane.word("tail"), plane.chord * 0.6
    half = Model()
    if kind == "canard":
        canard = Wing("taper", plane.span * 0.36, size * 0.62, wash=plane.wash)
        canard.add_to(model, (0, plane.nose - size * 0.5, 2))
        tip = (plane.span * 0.495, -plane.chord * 0.65, plane.chord * 0.12 + plane.span * 0.05)
        add_fin(half, kind, size, tip, plane.wash)
    elif kind == "v":
        add_fin(half, kind, size, (0, end + size * 0.72, 0), plane.wash, lean=52)
    else:
        is_round = kind == "round" or plane.word("wing") == "ellipse"
        shape = "ellipse" if is_round else "taper"
        tailplane = Wing(shape, plane.span * 0.38, size, wash=plane.wash)
        tailplane.add_to(model, (0, end + size * 0.5, 1), layer=0)
        hinge = end + size * 0.16
        half.wire([(0, hinge, 1), (plane.span * 0.16, hinge, 1)], HAIR)
        add_fin(model, kind, size, (0, end + size * 0.62, 1), plane.wash)
        model.wire([(0, hinge, 1), (0, hinge, size * 0.8)], HAIR, layer=1)
    model.merge_both_sides(half)


def _flying_wing(model: Model, plane: Plane) -> None:
    """Add the pod in the middle, fins and elevons."""
    span, chord, half = plane.span, plane.chord, Model()
    wing = plane.wing
    back, tip = wing.edges[0][2], wing.edges[-1][2]
    pod = [(back + chord * 0.2, 0), (chord * 0.62, 0), (chord * 0.5, 5), (back + chord * 0.3, 6)]
    model.prism("x", (-3, 3), pod, "foam", layer=2)
    if plane.word("tail") == "tips":
        add_fin(half, "tips", chord * 0.42, (span * 0.497, tip, span * 0.026))
    else:
        add_fin(half, "fin", chord * 0.42, (span * 0.2, back, 0), lean=10)
    places = (span * 0.08, span * 0.44)
    half.wire([(x, wing.edges_at(x)[1] + chord * 0.15, 1.2) for x in places], layer=2)
    model.merge_both_sides(half)


def _power(model: Model, plane: Plane) -> None:
    """Add motors with propellers, and the cell."""
    nose, chord, length = plane.nose, plane.chord, plane.length
    size = max(length * 0.19, 24)
    if plane.has("twin"):
        half = Model()
        _motor(half, (plane.span * 0.19, chord * 0.46 - 9, chord * 0.13), 20, size)
        model.merge_both_sides(half)
        _cell(model, nose - chord * 0.4, -length * 0.09)
    elif plane.has("pusher") and plane.is_flying_wing:
        _motor(model, (0, -chord * (0.62 if plane.word("wing") == "delta" else 0.72), 4), -3, size)
        _cell(model, chord * 0.3, 6)
    elif plane.has("pusher"):
        _motor(model, (0, nose - length, 0), -3, size)
        _cell(model, nose - length * 0.16, -3.5)
    else:
        _motor(model, (0, nose - 4, 0), 11, size)
        is_stick = plane.word("fuselage") == "stick"
        _cell(model, nose - length * 0.1, -3.4 if is_stick else -length * 0.055)


def _motor(model: Model, at: P3, reach: float, size: float) -> None:
    """Add a motor from y upwards, its propeller at `reach` from there."""
    x, y, z = at
    front = max(reach - 2, 12)
    model.rod("y", (y, y + min(front, 18)), 6, "metal", at=(x, 0, z), layer=2)
    model.merge(propeller_model(size, 2, "plain", 0, turn=0.35), (x, y + reach, z))


def _cell(model: Model, y: float, z: float) -> None:
    model.box((-3.2, y - 14, z - 2.6), (3.2, y + 2, z), "silver", layer=-1)


def _wheels(model: Model, plane: Plane) -> None:
    size, y, half = plane.length * 0.075, plane.chord * 0.3, Model()
    hub = (plane.length * 0.13, y + size * 0.4, -plane.length * 0.16)
    half.wire([(0, y, -plane.length * 0.03), hub], OUTLINE, layer=-2)
    half.rod("x", (-1.2, 1.2), size, "dark", at=hub, ends=[Disc(size * 0.45, "paper")], layer=-2)
    model.merge_both_sides(half)


def _floats(model: Model, plane: Plane) -> None:
    k, half = plane.length / 100, Model()
    hull = [(y * k, z * k) for y, z in outline("side", "float")]
    half.prism("x", (10.8 * k, 17.2 * k), hull, layer=-2)
    for y in (12 * k, -8 * k):
        half.wire([(14 * k, y, -14 * k), (2, y, -5 * k)], layer=-1)
    model.merge_both_sides(half)
