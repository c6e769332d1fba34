"""What an adversary, or a failing disk, does to files: seeded, so that what was found can be done again."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

OTHER_JSON = (
    b"null",
    b"[]",
    b"{}",
    b"5",
    b'"text"',
    b"true",
    b"NaN",
    b"1e999",
    b"[" * 50_000,
    b'{"a":' * 50_000,
    b"1" * 5_000,
    b'{"key": null}',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
)


def flip_bit(content: bytes, draw: random.Random) -> bytes:
    """Turn one bit over."""
    changed = bytearray(content)
    if changed:
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    """Lose the end."""
    return content[: draw.randrange(len(content))] if content else content


def emptied(content: bytes, draw: random.Random) -> bytes:
    """Lose everything."""
    return b""


def zeroed(content: bytes, draw: random.Random) -> bytes:
    """Lose a block of the disk."""
    start = draw.randrange(len(content) + 1)
    block = content[start : start + 512]
    return content[:start] + bytes(len(block)) + content[start + len(block) :]


def longer(content: bytes, draw: random.Random) -> bytes:
    """Gain some bytes at the end."""
    return content + draw.randbytes(draw.randrange(1, 100))


def shifted(content: bytes, draw: random.Random) -> bytes:
    """Gain a byte somewhere."""
    place = draw.randrange(len(content) + 1)
    return content[:place] + draw.randbytes(1) + content[place:]


def other_start(content: bytes, draw: random.Random) -> bytes:
    """Say another length of the header, as safetensors has it in its first eight bytes."""
    return draw.choice([bytes(8), b"\xff" * 8, (2**40).to_bytes(8, "little"), draw.randbytes(8)]) + content[8:]


def other_json(content: bytes, draw: random.Random) -> bytes:
    """Be JSON of another kind, or none."""
    return draw.choice(OTHER_JSON)


def other_value(content: bytes, draw: random.Random) -> bytes:
    """Have one value of the same JSON replaced."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return other_json(content, draw)
    place = tree
    while isinstance(place, dict | list) and place:
        key = draw.choice(list(place)) if isinstance(place, dict) else draw.randrange(len(place))
        if not isinstance(place[key], dict | list) or not place[key] or draw.random() < 0.2:
            place[key] = draw.choice([None, [], {}, -1, 0, 2**63, 10**400, 1e308, "", "../../x", True, [[1]]])
            break
        place = place[key]
    return json.dumps(tree).encode()


OF_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bit,
    flip_bit,
    flip_bit,
    cut,
    emptied,
    zeroed,
    longer,
    shifted,
    other_start,
)
OF_JSON = (flip_bit, flip_bit, cut, emptied, zeroed, shifted, other_json, other_value, other_value)


def mutate_content(path: Path, draw: random.Random) -> str:
    """Change what a file holds, in place or by another file under its name; return what was done."""
    how = draw.choice(OF_JSON if path.suffix == ".json" else OF_BYTES)
    changed = how(path.read_bytes(), draw)
    if draw.random() < 0.5:
        path.write_bytes(changed)
    else:
        draft = path.with_name("draft of the adversary")
        draft.write_bytes(changed)
        draft.replace(path)
    return how.__name__


def mutate_place(path: Path, others: list[Path], draw: random.Random) -> tuple[str, list[Path]]:
    """Take a file or folder away, or swap it with another; return what was done, and whatever was touched."""
    how = draw.choice(["missing", "swapped", "copied over", "folder", "loop"])
    other = draw.choice(others) if others else path
    if how == "swapped" and other != path:
        aside = path.with_name("aside")
        path.rename(aside)
        other.rename(path)
        aside.rename(other)
        return how, [path, other]
    if how == "copied over" and other != path and path.is_file():
        shutil.copyfile(other, path)
        return how, [path]
    if path.is_dir():
        shutil.rmtree(path)
        return "missing", [path]
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "loop":
        path.symlink_to(path)
    return how, [path]
