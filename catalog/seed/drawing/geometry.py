"""Points in millimetres and the camera that looks at them: x right, y away, z up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import cos, pi, radians, sin

P3 = tuple[float, float, float]
P2 = tuple[float, float]
ORIGIN: P3 = (0, 0, 0)


@dataclass(frozen=True)
class Camera:
    """A parallel view, turned by `azimuth` and raised by `elevation` degrees."""

    azimuth: float
    elevation: float

    @cached_property
    def turns(self) -> tuple[float, float, float, float]:
        """Cosine and sine of both angles."""
        a, e = radians(self.azimuth), radians(self.elevation)
        return cos(a), sin(a), cos(e), sin(e)

    def project(self, point: P3) -> P2:
        """Return millimetres on the sheet, y downwards."""
        x, y, z = point
        cos_a, sin_a, cos_e, sin_e = self.turns
        return x * cos_a - y * sin_a, -(z * cos_e + (x * sin_a + y * cos_a) * sin_e)

    def nearness(self, point: P3) -> float:
        """Return a number that is larger for points closer to the eye."""
        x, y, z = point
        cos_a, sin_a, cos_e, sin_e = self.turns
        return z * sin_e - (x * sin_a + y * cos_a) * cos_e


PLAN = Camera(0, 90)
FRONT = Camera(0, 0)
SIDE = Camera(-90, 0)  # seen from the far end of the x axis


def normal(face: Sequence[P3]) -> P3:
    """Return the direction that a flat face looks to (Newell's sum), of length one."""
    x = y = z = 0.0
    for a, b in zip(face, [*face[1:], face[0]], strict=True):
        x += a[1] * b[2] - a[2] * b[1]
        y += a[2] * b[0] - a[0] * b[2]
        z += a[0] * b[1] - a[1] * b[0]
    length = (x * x + y * y + z * z) ** 0.5 or 1.0
    return x / length, y / length, z / length


def corners(low: Sequence[float], high: Sequence[float]) -> list[P3]:
    """Return the corners of a box."""
    (left, near, bottom), (right, far, top) = low, high
    return list(product((left, right), (near, far), (bottom, top)))


def circle(radius: float, steps: int = 48) -> list[P2]:
    """Return points of a circle around the origin."""
    angles = [2 * pi * i / steps for i in range(steps)]
    return [(radius * cos(a), radius * sin(a)) for a in angles]


def turned(points: Iterable[P2], angle: float) -> list[P2]:
    """Return points turned around the origin, counter-clockwise, by an angle in radians."""
    c, s = cos(angle), sin(angle)
    return [(u * c - v * s, u * s + v * c) for u, v in points]


def across(axis: str, along: float, outline: Sequence[P2], at: P3 = ORIGIN) -> list[P3]:
    """Place an outline across an axis so that it looks to the axis's far end.

    Outlines are (y, z) across x, (x, z) across y and (x, y) across z, in either direction.
    """
    pairs = zip(outline, [*outline[1:], outline[0]], strict=True)
    is_clockwise = sum(a[0] * b[1] - a[1] * b[0] for a, b in pairs) < 0
    x, y, z = at
    placed: list[P3] = []
    for u, v in outline[::-1] if is_clockwise != (axis == "y") else outline:
        u3, v3, w3 = {"x": (along, u, v), "y": (u, along, v), "z": (u, v, along)}[axis]
        placed.append((x + u3, y + v3, z + w3))
    return placed


def hull(points: Iterable[P2]) -> list[P2]:
    """Return the convex outline of points (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    return _chain(ordered)[:-1] + _chain(ordered[::-1])[:-1]


def _chain(points: list[P2]) -> list[P2]:
    chain: list[P2] = []
    for p in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 1e-9:
            chain.pop()
        chain.append(p)
    return chain


def _turn(o: P2, a: P2, b: P2) -> float:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def smooth(points: Sequence[tuple[float, ...]], steps: int = 6) -> list:
    """Return more points on a smooth curve through these (Catmull and Rom's)."""
    curve = []
    for i in range(len(points) - 1):
        before, a, b, after = (points[min(max(i + j, 0), len(points) - 1)] for j in (-1, 0, 1, 2))
        for t in (step / steps for step in range(steps)):
            curve.append(tuple(
                0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t
                       + (3 * q - p - 3 * r + s) * t**3)
                for p, q, r, s in zip(before, a, b, after, strict=True)
            ))  # fmt: skip
    return [*curve, tuple(points[-1])]
