"""The command line's frame: help in two languages, exit codes, one refusal on stderr."""

import argparse
import importlib
from typing import Any

import pytest

from encours.entrypoints.cli import main, words


class Collector(words.Parser):
    """Keeps the English helps that a command gives."""

    def __init__(self, **options: Any) -> None:
        self.helps: list[str] = []
        super().__init__(**{"prog": "test", "add_help": False, **options})

    def add_argument(self, *names, **options) -> argparse.Action:
        if text := options.get("help"):
            self.helps.append(text)
        return super().add_argument(*names, **options)


@pytest.mark.parametrize("command", main.COMMANDS)
def test_every_help_has_its_french(command, monkeypatch):
    monkeypatch.setenv("ENCOURS_LANGUAGE", "fr")
    module_name, purpose = main.COMMANDS[command]
    parser = Collector()
    importlib.import_module(f"encours.entrypoints.cli.{module_name}").add_arguments(parser)
    same_in_both = [text for text in [purpose, *parser.helps] if " " in text and words.gettext(text) == text]
    assert same_in_both == []


def test_help_ends_well(capsys, monkeypatch):
    monkeypatch.setenv("ENCOURS_LANGUAGE", "fr")
    with pytest.raises(SystemExit) as ended:
        main.main(["--help"])
    assert ended.value.code == 0
    assert "balance âgée" in capsys.readouterr().out


def test_wrong_usage_is_2(capsys):
    with pytest.raises(SystemExit) as ended:
        main.main(["nonsense"])
    assert ended.value.code == 2
    assert "nonsense" in capsys.readouterr().err
