"""Nothing of the server's floors is hidden: what is imported late is imported late for speed alone."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import anpyc_server

SERVER = Path(anpyc_server.__file__).parent
REPOSITORY = Path(__file__).parents[3]


def _imports_within_functions() -> Iterator[tuple[str, str]]:
    """(file, module) of every import of our own within a function."""
    for path in sorted(SERVER.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("anpyc"):
                    for name in node.names:
                        yield str(path.relative_to(SERVER)), _module(str(node.module), name.name)


def _module(package: str, name: str) -> str:
    """``package.name`` where that is a module of its own."""
    module_spec = importlib.util.find_spec(package)
    assert module_spec is not None
    folders = [Path(folder) for folder in module_spec.submodule_search_locations or ()]
    is_module = any((folder / f"{name}.py").exists() or (folder / name).is_dir() for folder in folders)
    return f"{package}.{name}" if is_module else package


def test_what_is_imported_within_a_function_is_not_loaded_with_the_server() -> None:
    late = sorted(set(_imports_within_functions()))
    assert late, "nothing found: this test looks in the wrong place"
    program = (
        "import sys, anpyc_server.app; print(*(name for name in sys.modules if name.startswith('anpyc')))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names = set(loaded.stdout.split())
    assert [(path, module) for path, module in late if module in names] == []


def test_imports_for_types_alone_count_for_the_contracts() -> None:
    rules = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert not rules.get("exclude_type_checking_imports", False)
    assert not any("ignore_imports" in contract for contract in rules["contracts"])
