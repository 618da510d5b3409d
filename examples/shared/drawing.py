"""Small makers of real files: PDF, PNG, WAV and ZIP, with the standard library alone."""

from __future__ import annotations

import io
import math
import struct
import textwrap
import wave
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Colour", "Picture", "Sheet", "archive", "chord", "pdf"]

Colour = tuple[int, int, int]

A4 = (595, 842)
INK: Colour = (33, 37, 41)


class Sheet:
    """One A4 page; measured in points from its top left corner."""

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, fill: Colour) -> Sheet:
        """Fill a rectangle."""
        bottom = A4[1] - y - height
        self._drawn.append(f"{_rgb(fill)} rg {x:.1f} {bottom:.1f} {width:.1f} {height:.1f} re f")
        return self

    def text(
        self, x: float, y: float, words: str, size: float = 11, *, bold: bool = False
    ) -> Sheet:
        """Write one line; ``y`` is its base line."""
        font = "F2" if bold else "F1"
        self._drawn.append(
            f"BT {_rgb(INK)} rg /{font} {size} Tf {x:.1f} {A4[1] - y:.1f} Td ({_escaped(words)}) Tj ET"
        )
        return self

    def paragraph(
        self, x: float, y: float, words: str, size: float = 11, *, columns: int = 84
    ) -> Sheet:
        """Write several lines, wrapped after so many characters."""
        for number, line in enumerate(textwrap.wrap(words, columns)):
            self.text(x, y + number * size * 1.45, line, size)
        return self

    def stream(self) -> bytes:
        """Return the page as PDF drawing operators."""
        return "\n".join(self._drawn).encode("cp1252", "replace")


def pdf(title: str, sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF document of these pages."""
    fonts = "<< /F1 3 0 R /F2 4 0 R >>"
    first = 6
    pages = [first + 2 * number for number in range(len(sheets))]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        _ascii(
            f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{p} 0 R' for p in pages)}] "
            f"/MediaBox [0 0 {A4[0]} {A4[1]}] /Resources << /Font {fonts} >> >>"
        ),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
        f"<< /Title ({_escaped(title)}) /Producer (Northlight Studio) >>".encode("cp1252"),
    ]
    for page, sheet in zip(pages, sheets, strict=True):
        objects += [
            _ascii(f"<< /Type /Page /Parent 2 0 R /Contents {page + 1} 0 R >>"),
            _stream(sheet.stream()),
        ]
    return _document(objects)


def _document(objects: Sequence[bytes]) -> bytes:
    """Put numbered objects behind a header and before the table that says where each begins."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    begins = []
    for number, body in enumerate(objects, start=1):
        begins.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % begin for begin in begins)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    head = _ascii(f"<< /Length {len(packed)} /Filter /FlateDecode >>")
    return head + b"\nstream\n" + packed + b"\nendstream"


def _font(name: str) -> bytes:
    return _ascii(f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _rgb(colour: Colour) -> str:
    return " ".join(f"{value / 255:.3f}" for value in colour)


def _ascii(text: str) -> bytes:
    return text.encode("ascii")


class Picture:
    """An RGB picture, drawn with rectangles and discs."""

    def __init__(self, width: int, height: int, ground: Colour = (255, 255, 255)) -> None:
        self.width = width
        self.height = height
        self._pixels = bytearray(bytes(ground) * (width * height))

    def box(self, x: int, y: int, width: int, height: int, fill: Colour) -> Picture:
        """Fill a rectangle; what lies outside the picture is cut off."""
        left, right = max(x, 0), min(x + width, self.width)
        for row in range(max(y, 0), min(y + height, self.height)):
            self._row(row, left, right, fill)
        return self

    def disc(self, x: int, y: int, radius: int, fill: Colour) -> Picture:
        """Fill a circle around a centre."""
        for row in range(max(y - radius, 0), min(y + radius + 1, self.height)):
            half = int(math.sqrt(radius**2 - (row - y) ** 2))
            self._row(row, max(x - half, 0), min(x + half + 1, self.width), fill)
        return self

    def fade(self, top: Colour, bottom: Colour) -> Picture:
        """Fill the picture from one colour to another."""
        for row in range(self.height):
            share = row / self.height
            red, green, blue = (
                round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)
            )
            self._row(row, 0, self.width, (red, green, blue))
        return self

    def _row(self, row: int, left: int, right: int, fill: Colour) -> None:
        start = (row * self.width + left) * 3
        self._pixels[start : start + (right - left) * 3] = bytes(fill) * (right - left)

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        line = self.width * 3
        rows = b"".join(
            b"\0" + self._pixels[start : start + line]
            for start in range(0, len(self._pixels), line)
        )
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            _chunk(kind, data)
            for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def chord(tones: Iterable[float], seconds: int) -> bytes:
    """Return a chord that swells and fades every second, as a WAV file in CD quality."""
    rate, heights = 44_100, list(tones)
    second = array("h")
    for place in range(rate):
        swell = math.sin(math.pi * place / rate) ** 2 / len(heights)
        wave_ = sum(math.sin(math.tau * round(tone) * place / rate) for tone in heights)
        second.extend([round(12_000 * swell * wave_)] * 2)
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(second.tobytes() * seconds)
    return out.getvalue()


def archive(members: Mapping[str, bytes], *, packed: bool = True) -> bytes:
    """Return a ZIP archive of named files."""
    out = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", how) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()
