"""The examples of docs/cli.md, to be compared with what the commands print."""

import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"


def documented(command: str) -> Any:
    """The JSON example under the command's heading."""
    section = re.search(rf"^## {re.escape(command)}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert section is not None, f"docs/cli.md does not describe {command}"
    example = re.search(r"```json\n(.*?)```", section[1], re.DOTALL)
    assert example is not None, f"docs/cli.md has no example for {command}"
    return json.loads(example[1])


def shape(value: Any) -> Any:
    """The keys of a document, without its values; a list counts by its first element."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "value"
