"""Processor time of a process and its descendants: says what a page costs, however busy the machine is."""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlparse

_TICKS = os.sysconf("SC_CLK_TCK")
# places in /proc/PID/stat after the name: parent, then user and system time of itself and of children it waited for
_PARENT, _OWN, _GONE = 1, (11, 12), (13, 14)


def seconds(pid: int | None) -> float:
    """Of the process, all that descend from it and those of them that ended; 0 where /proc does not say."""
    if pid is None:
        return 0.0
    every = {int(path.name): found for path in Path("/proc").glob("[0-9]*") if (found := _stat(path))}
    family, ticks = [pid], 0
    for one in family:  # grows while it is walked
        ticks += sum(int(every[one][place]) for place in (*_OWN, *_GONE)) if one in every else 0
        family += [child for child, stat in every.items() if int(stat[_PARENT]) == one]
    return ticks / _TICKS


def postmaster(dsn: str) -> int | None:
    """The embedded server's first process; None for a server elsewhere."""
    folder = parse_qs(urlparse(dsn).query).get("host", [""])[0]
    file = Path(folder) / "postmaster.pid"
    return int(file.read_text().split()[0]) if folder and file.exists() else None


def _stat(path: Path) -> list[str] | None:
    try:
        return (path / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
