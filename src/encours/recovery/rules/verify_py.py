"""The verifier that goes into each evidence file, as text: it needs Python alone, and no part of this product."""

VERIFIER = r'''#!/usr/bin/env python3
"""Prove that an evidence file is whole and unaltered: python3 verify.py [FILE.zip or FOLDER] [--key FINGERPRINT]

Every file is hashed again (SHA-256) and the chain of hashes walked from its first link to its last, so that one changed
byte, a removed, added, renamed or moved file shows. The Ed25519 signature is checked where Python has the package
"cryptography"; without it the chain is checked all the same and this is said. Compare the key's fingerprint with the
one the creditor gives you by another way: whoever can make a new file can also sign it, with another key.
Exit code: 0 unaltered, 1 altered, 2 not an evidence file.
"""

import hashlib
import json
import os
import sys
import zipfile

OUTSIDE = {"manifest.json", "manifest.sig"}


def canonical(content):
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def link(previous, entry):
    told = {name: entry[name] for name in ("index", "path", "sha256", "size")}
    return hashlib.sha256(bytes.fromhex(previous) + canonical(told)).hexdigest()


def read(place):
    if os.path.isdir(place):
        found = {}
        for folder, _, names in os.walk(place):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, place).replace(os.sep, "/")] = file.read()
        return found, []
    with zipfile.ZipFile(place) as archive:
        names = [one.filename for one in archive.infolist() if not one.is_dir()]
        double = sorted({name for name in names if names.count(name) > 1})
        return {name: archive.read(name) for name in names}, double


def faults(files, double=()):
    """What is wrong with the file, one sentence each."""
    found = [f"twice in the archive: {name}" for name in double]
    manifest = json.loads(files["manifest.json"])
    head = "0" * 64
    named = set()
    for index, entry in enumerate(manifest["entries"]):
        path = entry["path"]
        if entry["index"] != index or path in named:
            found.append(f"out of order: {path}")
        named.add(path)
        if path not in files:
            found.append(f"missing: {path}")
        elif hashlib.sha256(files[path]).hexdigest() != entry["sha256"] or len(files[path]) != entry["size"]:
            found.append(f"altered: {path}")
        head = link(head, entry)
        if head != entry["chain"]:
            found.append(f"chain broken at: {path}")
            head = entry["chain"]
    if head != manifest["head"] or len(named) != manifest["count"]:
        found.append("the chain does not end where the manifest says")
    found += [f"not in the manifest: {path}" for path in sorted(set(files) - named - OUTSIDE)]
    return found


def fingerprint(manifest):
    return hashlib.sha256(bytes.fromhex(manifest["public_key"])).hexdigest()


def signed(files):
    """True or False by the signature; None where it cannot be checked here."""
    manifest = json.loads(files["manifest.json"])
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest["public_key"]))
        key.verify(bytes.fromhex(files["manifest.sig"].decode().strip()), files["manifest.json"])
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def main(arguments):
    wanted = None
    if "--key" in arguments:
        place = arguments.index("--key")
        wanted = arguments[place + 1].replace(":", "").lower()
        arguments = arguments[:place] + arguments[place + 2 :]
    place = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        files, double = read(place)
        found = faults(files, double)
        manifest = json.loads(files["manifest.json"])
    except (OSError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        print(f"not an evidence file that can be read: {error!r}")
        return 2
    is_signed = signed(files)
    if is_signed is False:
        found.append("the signature does not fit the manifest")
    if wanted is not None and fingerprint(manifest) != wanted:
        found.append("signed with another key than the one expected")
    for sentence in found:
        print(sentence)
    print(f"{manifest['count']} files, head {manifest['head']}")
    print(f"key {fingerprint(manifest)}")
    if is_signed is None:
        print("signature not checked: install the Python package cryptography to check it")
    print("ALTERED" if found else "unaltered")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''
