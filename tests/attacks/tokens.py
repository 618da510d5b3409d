"""What can be made of a genuine token or cookie without the key: mutations by family, all different."""

from __future__ import annotations

import base64
import json
import string
import zlib
from collections.abc import Callable, Iterator
from typing import Final

LETTERS: Final = string.ascii_letters + string.digits + "-_"
STRANGE: Final = ".=+/ ,;:'\"\\%&#?~é\n\r\t\0\x7f\u200b\u2028\ud800😀"


def substitutions(token: str) -> Iterator[str]:
    """Every other letter of the alphabet in every place."""
    for at, old in enumerate(token):
        for new in LETTERS:
            if new != old:
                yield token[:at] + new + token[at + 1 :]


def strange_letters(token: str) -> Iterator[str]:
    """Letters that do not belong there in every place, in place of one and beside one."""
    for at in range(len(token)):
        for new in STRANGE:
            yield token[:at] + new + token[at + 1 :]
            yield token[:at] + new + token[at:]


def insertions(token: str) -> Iterator[str]:
    """A letter more in every place."""
    for at in range(len(token) + 1):
        for new in LETTERS[::2]:
            yield token[:at] + new + token[at:]


def cuts(token: str) -> Iterator[str]:
    """Every beginning, every end, and everything without one piece."""
    for at in range(len(token)):
        yield token[:at]
        yield token[at + 1 :]
        for size in (1, 2, 4, 16):
            yield token[:at] + token[at + size :]


def turns(token: str) -> Iterator[str]:
    """Neighbours changed, letters of the other case, pieces doubled or turned round."""
    for at in range(len(token) - 1):
        yield token[:at] + token[at + 1] + token[at] + token[at + 2 :]
        yield token[:at] + token[at].swapcase() + token[at + 1 :]
        for size in (1, 3, 8):
            yield token[:at] + token[at : at + size] + token[at:]
            yield token[:at] + token[at : at + size][::-1] + token[at + size :]
    yield token.upper()
    yield token.lower()
    yield token[::-1]


def ends(token: str) -> Iterator[str]:
    """Something before and after, as mail programs and people add it; and very much of it."""
    for end in (
        "=",
        "==",
        "====",
        ".",
        "..",
        "/",
        "//",
        " ",
        ")",
        "]",
        ">",
        ",",
        ";",
        "é",
        "\0",
        "%00",
        "?",
        "#",
        "&",
        "\n",
        "\r\n",
        "\u200b",
        "\ufeff",
        "…",
    ):
        yield token + end
        yield end + token
        yield end + token + end
    for size in (10, 100, 500):
        yield token + "A" * size
        yield "A" * size + token
        yield token + "." * size
        yield token * (size // 10)


def pairs(token: str) -> Iterator[str]:
    """Two places at once."""
    for at in range(len(token)):
        for other in range(at + 7, len(token), 11):
            yield token[:at] + "A" + token[at + 1 : other] + "B" + token[other + 1 :]


def payloads(token: str) -> Iterator[str]:
    """Other words under the same signature: other links, versions, shapes, tricks of JSON and of compression."""
    body, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(body.lstrip(".") + "==")
    value = json.loads(zlib.decompress(raw) if body.startswith(".") else raw)
    if isinstance(value, dict):
        value = list(value.items())
    tricks = [
        "null", "true", "[]", "{}", '""', "0", "NaN", "Infinity", "-0", "1e999", "[" * 5000, '{"a":1,"a":2}', json.dumps(value[::-1]),
        json.dumps([*value, "x"]), json.dumps(value[:-1]), json.dumps(value, indent=1), json.dumps(value) + " ", " " + json.dumps(value),
        json.dumps(value) + "\0", json.dumps(value).replace('"', "'"), "\ufeff" + json.dumps(value), '["link",1.0,"x","y"]', '["link",true,"x","y"]',
        '["link",1e0,"x","y"]', '["hub",1,"x","y"]', "9" * 6000, json.dumps({"link": value}), json.dumps(["cookie", *value]),
    ]  # fmt: skip
    for place, old in enumerate(value):
        for new in (
            "",
            "x",
            None,
            0,
            1,
            2**63,
            [],
            {},
            f"{old} ",
            f"{old}\u0000",
            str(old).upper(),
            [old],
            {"": old},
        ):
            if new != old or isinstance(new, bool):
                tricks.append(json.dumps([*value[:place], new, *value[place + 1 :]]))
    for trick in tricks:
        data = trick.encode("utf-8", "replace")
        for spelled in (
            b64(data),
            "." + b64(zlib.compress(data)),
            "." + b64(data),
            b64(zlib.compress(data)),
        ):
            yield f"{spelled}.{signature}"
            yield spelled
            yield f"{spelled}."
            yield f".{spelled}.{signature}"
    yield "." + b64(zlib.compress(b"\0" * 4_000_000)) + "." + signature


def spellings(token: str) -> Iterator[str]:
    """The same bytes in another spelling: base64 is malleable."""
    body, _, signature = token.rpartition(".")
    for part, other in ((body, signature), (signature, body)):
        for last in LETTERS:
            changed = part[:-1] + last
            yield f"{changed}.{other}" if part is body else f"{other}.{changed}"
        for pad in ("=", "==", "===", "-", "_", "A", "AA"):
            yield f"{part}{pad}.{other}" if part is body else f"{other}.{part}{pad}"
    yield token.replace("-", "+").replace("_", "/") + "="
    yield token.replace(".", "%2E")
    yield token.replace(".", "\u3002")
    yield token.translate(
        str.maketrans(string.ascii_lowercase, "".join(chr(0xFF41 + n) for n in range(26)))
    )


def b64(data: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


FAMILIES: Final[dict[str, Callable[[str], Iterator[str]]]] = {
    family.__name__: family
    for family in (
        substitutions,
        strange_letters,
        insertions,
        cuts,
        turns,
        ends,
        pairs,
        payloads,
        spellings,
    )
}


def mutations(token: str) -> dict[str, list[str]]:
    """Everything that can be made of a token, by family; each text once, and never the token itself."""
    seen, found = {token}, {}
    for name, family in FAMILIES.items():
        found[name] = [text for text in dict.fromkeys(family(token)) if text not in seen]
        seen.update(found[name])
    return found
