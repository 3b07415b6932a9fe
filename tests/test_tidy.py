"""The house rules a linter cannot say, read from the source itself."""

import ast
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).parents[1]
ROOT = REPOSITORY / "src" / "encours"
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 600
WRITES = {"save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
CLOCK = {"now", "today", "localdate", "localtime", "utcnow"}
NOT_SHIPPED = {"migrations", "__pycache__"}
# Whole documents shown in a frame beside the page, as a mail client would: our style sheet does not reach them.
FRAMED = {"_subject.html", "_text_part.html", "_unwritable.html", "_plain_text.html", "_plain.html"}


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        if not NOT_SHIPPED & set(path.parts):
            yield path.relative_to(ROOT), ast.parse(path.read_text())


def writes_a_table(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    is_queryset_update = node.func.attr == "update" and node.keywords and not node.args
    return node.func.attr in WRITES or bool(is_queryset_update)


def reads_the_clock(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK


def found(predicate, *, except_in) -> list[str]:
    return [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        if not except_in(path)
        for node in ast.walk(tree)
        if predicate(node)
    ]


def test_only_actions_write():
    assert found(writes_a_table, except_in=lambda p: "actions" in p.stem or "actions" in p.parts) == []


def test_only_entrypoints_read_the_clock():
    assert found(reads_the_clock, except_in=lambda p: p.parts[0] in {"entrypoints", "connectors"}) == []


def test_money_is_never_a_float():
    def is_float(n):
        return (isinstance(n, ast.Constant) and isinstance(n.value, float)) or (
            isinstance(n, ast.Name) and n.id == "float"
        )

    assert found(is_float, except_in=lambda p: p.parts[0] == "analytics") == []


def test_functions_fit_a_screen():
    def is_long(n):
        return isinstance(n, ast.FunctionDef) and n.end_lineno - n.lineno >= FUNCTION_LINES_MAX

    assert found(is_long, except_in=lambda p: False) == []


def test_files_hold_one_idea():
    long = [str(path) for path, _ in modules() if len((ROOT / path).read_text().splitlines()) > FILE_LINES_MAX]
    assert long == []


def test_every_room_says_what_it_is():
    rooms = [p for p in ROOT.iterdir() if p.is_dir() and p.name not in {"__pycache__", "locale"}]
    silent = [p.name for p in rooms if not ast.get_docstring(ast.parse((p / "__init__.py").read_text()))]
    assert silent == []


def test_every_module_opens_with_a_sentence():
    assert [str(path) for path, tree in modules() if not ast.get_docstring(tree)] == []


def test_core_knows_no_receivables_noun():
    nouns = ("invoice", "dunning", "dispute", "remittance", "payment")
    named = [f"{p}: {n}" for p in (ROOT / "core").rglob("*.py") for n in nouns if n in p.read_text().lower()]
    assert named == []


def test_no_django_signals():
    named = [
        str(path)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"django.dispatch", "django.db.models.signals"}
    ]
    assert named == []


def test_templates_hold_no_script_and_no_raw_colour():
    """The content-security policy would block a script in the page; colours are tokens of the style sheet."""
    inline = re.compile(r"<script(?![^>]*(src=|type=\"application/json\"))[^>]*>|\son[a-z]+=\"", re.IGNORECASE)
    colour = re.compile(r"style=\"[^\"]*#[0-9a-f]{3,6}", re.IGNORECASE)
    desk = ROOT / "entrypoints"
    wrong = [
        str(path.relative_to(ROOT))
        for path in desk.rglob("*.html")
        if inline.search(path.read_text()) or (path.name not in FRAMED and colour.search(path.read_text()))
    ]
    assert wrong == []
