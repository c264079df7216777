"""Where the documentation is, and the pieces of it that tests look at."""

import importlib.util
import re
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(path):
    """Return a Python file as a module; tools are no package, and import from their folder."""
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(text, language):
    """Return the code blocks of a language, of Markdown or reStructuredText."""
    fenced = re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    directives = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:(?:   .*)?\n)+)", text, flags=re.MULTILINE
    )
    return [*fenced, *map(textwrap.dedent, directives)]


@pytest.fixture(scope="session")
def code_blocks():
    return blocks


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def reference():
    return load(ROOT / "tools" / "reference.py")


@pytest.fixture(scope="session")
def page():
    """Return the text of a page below docs."""
    return lambda name: (ROOT / "docs" / name).read_text()
