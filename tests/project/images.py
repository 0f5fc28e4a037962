"""Image files for tests: colour profiles, 16 bits per channel, metadata, several frames."""

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import ExifTags, Image

SECRET = b"SecretGarden"  # in every kind of metadata; must never be left
#: Red, green and blue of Display P3 in XYZ (D50), as columns of its profile.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
#: XYZ (D50) to linear sRGB.
TO_SRGB = (
    (3.13386, -1.61687, -0.49061),
    (-0.97877, 1.91614, 0.03345),
    (0.07195, -0.22899, 1.40524),
)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the file of an image."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def patches(mode: str, colours: Sequence, size: int = 16) -> Image.Image:
    """Return a row of squares in these colours."""
    image = Image.new(mode, (size * len(colours), size))
    for i, colour in enumerate(colours):
        image.paste(colour, (size * i, 0, size * (i + 1), size))
    return image


def middle(image: Image.Image, i: int, size: int = 16) -> tuple[int, ...]:
    """Return the colour in the middle of a square of `patches`."""
    return image.getpixel((size * i + size // 2, size // 2))


def srgb_of_p3(colour: tuple[int, int, int]) -> tuple[int, ...]:
    """Return a Display P3 colour in sRGB, computed without any colour management library."""
    light = [_linear(value / 255) for value in colour]
    xyz = [sum(light[i] * P3[i][j] for i in range(3)) for j in range(3)]
    return tuple(_byte(sum(k * value for k, value in zip(row, xyz))) for row in TO_SRGB)  # noqa: B905


def srgb_of_lab(lightness: float, a: float, b: float) -> tuple[int, ...]:
    """Return a colour of the profile connection space (Lab, D50) in sRGB."""
    y = (lightness + 16) / 116
    white = (0.9642, 1.0, 0.8249)
    xyz = [_lab_part(f) * w for f, w in zip((y + a / 500, y, y - b / 200), white)]  # noqa: B905
    return tuple(_byte(sum(k * value for k, value in zip(row, xyz))) for row in TO_SRGB)  # noqa: B905


def _lab_part(f: float) -> float:
    return f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _byte(light: float) -> int:
    light = min(max(light, 0.0), 1.0)
    value = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(value * 255)


def p3_profile() -> bytes:
    """Return an ICC profile for Display P3: three primaries and the curve of sRGB."""
    curve = b"curv" + bytes(4) + struct.pack(">I", 1024)
    curve += b"".join(struct.pack(">H", round(_linear(i / 1023) * 65_535)) for i in range(1024))
    tags = {b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    for name, colour in zip((b"r", b"g", b"b"), P3, strict=True):
        tags |= {name + b"XYZ": _xyz(*colour), name + b"TRC": curve}
    return _profile(b"RGB ", b"XYZ ", tags)


#: What the ink of `cmyk_profile` looks like: Lab of the paper, and of full cyan, magenta, yellow.
INKS = {"paper": (100, 0, 0), "c": (55, -37, -50), "m": (48, 74, -3), "y": (89, -5, 93)}


def cmyk_profile() -> bytes:
    """Return an ICC profile for CMYK: a table of its 16 corners. Overprints are black."""
    corners = []
    for i in range(16):
        name = {0b0000: "paper", 0b1000: "c", 0b0100: "m", 0b0010: "y"}.get(i)
        lightness, a, b = INKS[name] if name else (16, 0, 0)
        corners += [round(lightness * 2.55), a + 128, b + 128]
    identity = bytes(range(256))
    matrix = struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + bytes(corners)
    tags = {b"A2B0": table + identity * 3, b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    return _profile(b"CMYK", b"Lab ", tags, device=b"prtr")


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65_536) for v in (x, y, z)))


def _profile(
    space: bytes, connection: bytes, tags: dict[bytes, bytes], device: bytes = b"mntr"
) -> bytes:
    text = b"desc" + bytes(4) + struct.pack(">I", len(SECRET) + 1) + SECRET + bytes(1 + 78)
    tags = {b"desc": text, b"cprt": b"text" + bytes(4) + SECRET + bytes(1), **tags}
    index, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        index += name + struct.pack(">II", start + len(body), len(value))
        body += value
    size = 128 + len(index) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, device, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + _xyz(0.9642, 1.0, 0.8249)[8:]
    return header.ljust(128, b"\0") + index + body


def png_16_bits(colours: Sequence[tuple[int, ...]], *, transparent: tuple = ()) -> bytes:
    """Return a PNG of squares with 16 bits per channel, grey or RGB, which Pillow cannot write."""
    channels, side = len(colours[0]), 16
    row = b"\0" + b"".join(struct.pack(f">{channels}H", *colour) * side for colour in colours)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", side * len(colours), side, 16, kind, 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if transparent:
        chunks.append((b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)))
    chunks += [(b"IDAT", zlib.compress(row * side)), (b"IEND", b"")]
    return png_file(chunks)


def png_file(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG file of these chunks."""
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def parts_of(data: bytes) -> set[str]:
    """Return the names of a file's chunks (PNG), segments (JPEG) or boxes and chunks (others)."""
    if data.startswith(b"\x89PNG"):
        names, at = set(), 8
        while at < len(data):
            size = struct.unpack(">I", data[at : at + 4])[0]
            names.add(data[at + 4 : at + 8].decode("ascii"))
            at += 12 + size
        return names
    names, at = set(), 2
    while data[at + 1] != 0xDA:  # what follows the start of the scan is pixels
        names.add(f"{data[at + 1]:02X}")
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return names


def exif(orientation: int = 1) -> Image.Exif:
    """Return metadata as a camera writes it: orientation, maker, place."""
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Make] = SECRET.decode()
    data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 7.0, 30.0)
    return data
