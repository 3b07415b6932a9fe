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


class TestCommand:
    """The command as a process, which ends at once when it is done."""

    @pytest.fixture(autouse=True)
    def ended(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What happens at its end, in order; the process of the tests goes on."""
        seen: list[str] = []

        def leave(code: int) -> None:
            seen.append(f"left with {code}")
            raise SystemExit(code)

        monkeypatch.setattr(main.atexit, "_run_exitfuncs", lambda: seen.append("server stopped"))
        monkeypatch.setattr(main.os, "_exit", leave)
        return seen

    @pytest.mark.parametrize("code", [0, 1])
    def test_stops_the_server_and_leaves(self, code: int, ended: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(main, "main", lambda: code)
        with pytest.raises(SystemExit):
            main.command()
        assert ended == ["server stopped", f"left with {code}"]

    def test_ends_quietly_when_nobody_reads_on(self, ended: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        def told() -> int:
            raise BrokenPipeError

        monkeypatch.setattr(main, "main", told)
        with pytest.raises(SystemExit):
            main.command()
        assert ended == ["server stopped", f"left with {main.READ_NO_FURTHER}"]
