"""No code outside the specification's parts asks which kind it has before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from anpyc.spec import BENCHMARKS, DATASETS, MODELS, STRATEGIES

ROOT = Path(__file__).parents[4]
REGISTRIES = (BENCHMARKS, DATASETS, MODELS, STRATEGIES)
NAMES = {name for registry in REGISTRIES for name in registry}
CLASSES = {kind.__name__ for registry in REGISTRIES for kind in registry.values()}
SOURCES = [
    file
    for folder in ("worker", "backend")
    for file in (ROOT / folder).rglob("*.py")
    if "migrations" not in file.parts
]


def questions(tree: ast.AST) -> Iterator[str]:
    """Comparisons of a kind with one of the names, and checks for one of the classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            compared = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
            if "kind" in ast.unparse(node.left) and compared & NAMES:
                yield ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
            checked = {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)}
            if checked & CLASSES:
                yield ast.unparse(node)


def test_python_asks_the_part() -> None:
    assert len(SOURCES) > 100
    by_file = {str(file.relative_to(ROOT)): list(questions(ast.parse(file.read_text()))) for file in SOURCES}
    assert {file: lines for file, lines in by_file.items() if lines} == {}
    assert list(questions(ast.parse('x = spec.kind == "mlp" or isinstance(p, SplitBenchmark | int)')))


def test_the_page_asks_the_server() -> None:
    name = re.compile(rf"kind\b[^\n]{{0,20}}[!=]==? *\"({'|'.join(NAMES)})\"")
    files = [f for f in (ROOT / "frontend" / "src").rglob("*.ts*") if ".test." not in f.name]
    assert len(files) > 50
    assert [str(file) for file in files if name.search(file.read_text())] == []
