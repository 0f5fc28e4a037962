"""Points in millimetres and the camera that looks at them: x right, y away, z up."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi, radians, sin

P3 = tuple[float, float, float]
P2 = tuple[float, float]


@dataclass(frozen=True)
class Camera:
    """A parallel view, turned by `azimuth` and raised by `elevation` degrees."""

    azimuth: float
    elevation: float

    def project(self, point: P3) -> P2:
        """Millimetres on the sheet, y downwards."""
        x, y, z = point
        a, e = radians(self.azimuth), radians(self.elevation)
        away = x * sin(a) + y * cos(a)
        return x * cos(a) - y * sin(a), -(z * cos(e) + away * sin(e))

    def nearness(self, point: P3) -> float:
        """Larger is closer to the eye."""
        x, y, z = point
        a, e = radians(self.azimuth), radians(self.elevation)
        return z * sin(e) - (x * sin(a) + y * cos(a)) * cos(e)


ISO = Camera(32, 30)
PLAN = Camera(0, 90)
FRONT = Camera(0, 0)
SIDE = Camera(-90, 0)  # seen from the far end of the x axis


def minus(a: P3, b: P3) -> P3:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def cross(a: P3, b: P3) -> P3:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def normal(face: list[P3]) -> P3:
    """The direction a flat face looks to (Newell's sum), of length one."""
    total = (0.0, 0.0, 0.0)
    for a, b in zip(face, face[1:] + face[:1], strict=True):
        n = cross(a, b)
        total = total[0] + n[0], total[1] + n[1], total[2] + n[2]
    length = sum(part * part for part in total) ** 0.5 or 1.0
    return total[0] / length, total[1] / length, total[2] / length


def circle(radius: float, steps: int = 48, phase: float = 0.0) -> list[P2]:
    """Points of a circle around the origin, counter-clockwise."""
    angles = [phase + 2 * pi * i / steps for i in range(steps)]
    return [(radius * cos(a), radius * sin(a)) for a in angles]


def on_axis(axis: str, along: float, across: P2, at: P3) -> P3:
    """A point of a profile that stands across `axis`, `along` millimetres from `at`."""
    u, v = across
    turned = {"x": (along, u, v), "y": (v, along, u), "z": (u, v, along)}[axis]
    return at[0] + turned[0], at[1] + turned[1], at[2] + turned[2]


def hull(points: Iterable[P2]) -> list[P2]:
    """The convex outline of points (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    return _chain(ordered)[:-1] + _chain(ordered[::-1])[:-1]


def _chain(points: list[P2]) -> list[P2]:
    kept: list[P2] = []
    for p in points:
        while len(kept) > 1 and _turn(kept[-2], kept[-1], p) <= 1e-9:
            kept.pop()
        kept.append(p)
    return kept


def _turn(o: P2, a: P2, b: P2) -> float:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
