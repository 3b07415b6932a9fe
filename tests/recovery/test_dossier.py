"""The evidence file gives itself away: one changed byte, a removed, added or moved file, a repaired chain."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encours.recovery.rules.dossier import Cover, Piece, archive, chained

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
COVER = Cover("Dossier Acme", "fr", date(2026, 11, 24), [("Débiteur", "Acme <script>")])
PIECES = [
    Piece("01-account.csv", "Extrait de compte", b"F1;100\n", date(2026, 11, 24)),
    Piece("02-mail.eml", "Message", b"Subject: x\r\n\r\nhello", date(2026, 11, 1)),
    Piece("03-empty.txt", "Rien", b""),
]


@pytest.fixture
def files():
    with zipfile.ZipFile(io.BytesIO(archive(COVER, PIECES, KEY))) as made:
        return {name: made.read(name) for name in made.namelist()}


def verify(tmp_path, files, *arguments):
    """Run the verifier as its receiver would: the one that came, on a folder, by a Python of its own."""
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    script = tmp_path.parent / "trusted_verify.py"
    script.write_bytes(archive_verifier())
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def archive_verifier():
    with zipfile.ZipFile(io.BytesIO(archive(COVER, PIECES, KEY))) as made:
        return made.read("verify.py")


def test_the_same_facts_give_the_same_bytes():
    assert archive(COVER, PIECES, KEY) == archive(COVER, PIECES, KEY)


def test_an_untouched_file_is_unaltered(tmp_path, files):
    code, said = verify(tmp_path, files)
    assert (code, said.splitlines()[-1]) == (0, "unaltered")
    assert "5 files" in said


def test_the_archive_itself_is_read_as_it_is(tmp_path):
    path = tmp_path / "dossier.zip"
    path.write_bytes(archive(COVER, PIECES, KEY))
    (tmp_path / "verify.py").write_bytes(archive_verifier())
    done = subprocess.run([sys.executable, str(tmp_path / "verify.py"), str(path)], capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("path", ["index.html", "01-account.csv", "02-mail.eml", "verify.py", "manifest.json"])
def test_one_changed_byte_shows_wherever_it_is(tmp_path, files, path):
    content = bytearray(files[path])
    content[len(content) // 2] ^= 1
    files[path] = bytes(content)
    code, said = verify(tmp_path, files)
    assert code in (1, 2)
    assert "unaltered" not in said


def test_a_removed_file_shows(tmp_path, files):
    del files["02-mail.eml"]
    code, said = verify(tmp_path, files)
    assert code == 1
    assert "missing: 02-mail.eml" in said


def test_an_added_file_shows(tmp_path, files):
    files["04-more.txt"] = b"x"
    code, said = verify(tmp_path, files)
    assert code == 1
    assert "not in the manifest: 04-more.txt" in said


def rewritten(files, change):
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    return {**files, "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=1).encode()}


def test_another_order_shows(tmp_path, files):
    def swap(manifest):
        entries = manifest["entries"]
        entries[1], entries[2] = entries[2], entries[1]

    code, said = verify(tmp_path, rewritten(files, swap))
    assert code == 1
    assert "out of order" in said


def test_whoever_repairs_the_whole_chain_cannot_sign_it(tmp_path, files):
    files["01-account.csv"] = b"F1;999\n"

    def repair(manifest):
        head = "0" * 64
        for entry in manifest["entries"]:
            entry["sha256"] = hashlib.sha256(files[entry["path"]]).hexdigest()
            entry["size"] = len(files[entry["path"]])
            head = entry["chain"] = chained(head, entry)
        manifest["head"] = head

    code, said = verify(tmp_path, rewritten(files, repair))
    assert code == 1
    assert said.splitlines()[0] == "the signature does not fit the manifest"


def test_a_file_signed_by_another_shows_by_its_key(tmp_path, files):
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    with zipfile.ZipFile(io.BytesIO(archive(COVER, PIECES, other))) as made:
        forged = {name: made.read(name) for name in made.namelist()}
    expected = hashlib.sha256(bytes.fromhex(json.loads(files["manifest.json"])["public_key"])).hexdigest()
    assert verify(tmp_path, forged)[0] == 0
    assert verify(tmp_path, forged, "--key", expected)[0] == 1


def test_the_verifier_needs_nothing_but_python(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-S", "-I", str(tmp_path / "verify.py"), str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "signature not checked" in done.stdout


def test_what_a_name_holds_is_never_markup(files):
    assert b"<script>" not in files["index.html"]
