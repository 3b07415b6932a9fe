"""The evidence file: one archive whose files are chained by their hashes and signed; the same facts, the same bytes."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from encours.recovery.rules.verify_py import VERIFIER

FORMAT = "encours-evidence-1"
FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the dossier, and how its index names it."""

    path: str
    title: str
    content: bytes
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """What the index says on top."""

    title: str
    language: str
    day: date
    lines: Sequence[tuple[str, str]] = ()


def canonical(content: Any) -> bytes:
    """One spelling for one content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chained(previous: str, entry: Mapping[str, Any]) -> str:
    """The next link: SHA-256 of the one before and of the file's place, name, hash and size."""
    told = {name: entry[name] for name in ("index", "path", "sha256", "size")}
    return hashlib.sha256(bytes.fromhex(previous) + canonical(told)).hexdigest()


def archive(cover: Cover, pieces: Sequence[Piece], key: Ed25519PrivateKey) -> bytes:
    """The dossier as a zip: index.html, its pieces in their order, verify.py, manifest.json and its signature.

    Each entry of the manifest holds the hash of its file and the chain up to it; the signature is over the manifest as
    it stands. One changed byte, a removed file or another order breaks the chain; whoever repairs it cannot sign it.
    """
    found = [
        Piece("index.html", cover.title, index(cover, pieces)),
        *pieces,
        Piece("verify.py", "verify.py", VERIFIER.encode()),
    ]
    entries, head = [], FIRST
    for place, piece in enumerate(found):
        entry: dict[str, Any] = {
            "index": place,
            "path": piece.path,
            "title": piece.title,
            "sha256": hashlib.sha256(piece.content).hexdigest(),
            "size": len(piece.content),
        }
        head = chained(head, entry)
        entries.append({**entry, "chain": head})
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    manifest = json.dumps(
        {
            "format": FORMAT,
            "title": cover.title,
            "day": cover.day.isoformat(),
            "algorithm": "SHA-256 chain, Ed25519 over manifest.json",
            "public_key": public.hex(),
            "count": len(entries),
            "head": head,
            "entries": entries,
        },
        ensure_ascii=False,
        indent=1,
    ).encode()
    signature = key.sign(manifest).hex().encode() + b"\n"
    files = [(piece.path, piece.content) for piece in found]
    return _zip([*files, ("manifest.json", manifest), ("manifest.sig", signature)], cover.day)


def _zip(files: Sequence[tuple[str, bytes]], day: date) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
        for path, content in files:
            info = zipfile.ZipInfo(path, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            made.writestr(info, content)
    return out.getvalue()


def index(cover: Cover, pieces: Sequence[Piece]) -> bytes:
    """The first page: who, what, and each piece with its day and hash; readable anywhere, without any script."""
    rows = "".join(
        f"<tr><td>{place}</td><td>{piece.day.isoformat() if piece.day else ''}</td>"
        f'<td><a href="{escape(piece.path)}">{escape(piece.title)}</a></td>'
        f"<td><code>{hashlib.sha256(piece.content).hexdigest()}</code></td></tr>"
        for place, piece in enumerate(pieces, start=1)
    )
    head = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in cover.lines)
    note = {
        "fr": "Pour vérifier : python3 verify.py (voir aussi manifest.json).",
        "en": "To verify: python3 verify.py (see manifest.json as well).",
    }[cover.language]
    return (
        f'<!doctype html><html lang="{cover.language}"><meta charset="utf-8"><title>{escape(cover.title)}</title>'
        "<style>body{font:15px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;margin:1rem 0}td,th{text-align:left;padding:.3rem .8rem .3rem 0;"
        "border-bottom:1px solid;vertical-align:top}code{font-size:.75rem;word-break:break-all}</style>"
        f"<h1>{escape(cover.title)}</h1><table>{head}</table><table>{rows}</table><p>{note}</p></html>\n"
    ).encode()
