"""Serves the few files that pages take from npm packages, straight from node_modules."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage

# under vendor/<name>/: the package folder, and what of it a page may ask for
PACKAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "inter": ("@fontsource-variable/inter", ("index.css", "files/inter-*-wght-normal.woff2")),
    "tabler": ("@tabler/core/dist/css", ("tabler.min.css", "tabler.min.css.map")),
    "icons": ("@tabler/icons-webfont/dist", ("tabler-icons-300.min.css", "fonts/tabler-icons-300.*")),
    "echarts": ("echarts/dist", ("echarts.min.js",)),
    "htmx": ("htmx.org/dist", ("htmx.min.js",)),
}


class PackageFinder(BaseFinder):
    """Finds `vendor/<name>/<file>` in the folder of the package, if the list above names it."""

    def check(self, **options: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        found = self._located(path)
        if found is None:
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for name, (folder, patterns) in PACKAGES.items():
            storage = FileSystemStorage(location=_root() / folder)
            storage.prefix = f"vendor/{name}"  # type: ignore[attr-defined]  # how collectstatic learns the target
            for pattern in patterns:
                for file in sorted((_root() / folder).glob(pattern)):
                    yield file.relative_to(_root() / folder).as_posix(), storage

    def _located(self, path: str) -> Path | None:
        parts = Path(path).parts
        if len(parts) < 3 or parts[0] != "vendor" or parts[1] not in PACKAGES or ".." in parts:
            return None
        folder, patterns = PACKAGES[parts[1]]
        inside = "/".join(parts[2:])
        if not any(fnmatch(inside, pattern) for pattern in patterns):
            return None
        file = _root() / folder / inside
        return file if file.is_file() else None


def _root() -> Path:
    return Path(settings.NODE_MODULES)
