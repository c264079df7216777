"""The README: what it says can be done can be done."""

import re
from urllib.parse import urlsplit

import pytest

from synchronizer.northbound.http.parameters import FILTER_PREFIX
from synchronizer.northbound.http.routes import OPERATIONS
from synchronizer.plugins import installed

TARGET = re.compile(r"^([a-z-]+):.*## ", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_link_leads_to_a_file(root, name):
    for target in re.findall(r"\]\(([^)]+)\)", (root / name).read_text()):
        assert target.startswith("https://") or (root / target).is_file(), target


def test_the_table_has_the_targets_of_the_makefile(root, readme):
    targets = set(TARGET.findall((root / "Makefile").read_text()))
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", readme, flags=re.MULTILINE)) == targets


def test_every_make_command_is_a_target(root, readme):
    targets = set(TARGET.findall((root / "Makefile").read_text()))
    assert set(re.findall(r"make ([a-z]+(?:-[a-z]+)?)(?=`|    )", readme)) <= targets


def test_every_curl_asks_for_what_is_served(root, readme):
    tutorial = (root / "docs/tutorial/first-steps.rst").read_text()
    doors = {door.path: {each.name for each in door.parameters} for door in OPERATIONS}
    urls = re.findall(r"(http://127\.0\.0\.1:8989/[^\s'`]*)", readme + tutorial)
    assert len(urls) >= 3
    for url in map(urlsplit, urls):
        for pair in filter(None, url.query.split("&")):
            name = pair.partition("=")[0]
            assert name in doors[url.path] or name.startswith(FILTER_PREFIX)


def test_every_plugin_that_comes_with_it_is_named(readme):
    named = re.search(r"^Built-in plugins: ([\w,\s]+)", readme, flags=re.MULTILINE)[1]
    ours = {
        name
        for name, kind in installed().items()
        if kind.__module__.startswith("synchronizer.plugins.")
    }
    assert set(re.findall(r"\w+", named)) == ours


def test_the_extras_that_it_names_exist(root, readme):
    declared = (root / "pyproject.toml").read_text()
    for extras in re.findall(r"openstack-synchronizer\[([\w,]+)\]", readme):
        for extra in extras.split(","):
            assert re.search(rf"^{extra} = \[", declared, flags=re.MULTILINE)


def test_it_makes_the_promises_that_the_documentation_explains(readme, page):
    made = [
        each.lower() for each in re.findall(r"^\d+\. \*\*(.+?)\*\*", readme, flags=re.MULTILINE)
    ]
    rows = re.findall(
        r"^   \* - \d+\n     - (.+)$", page("explanation/promises.rst"), flags=re.MULTILINE
    )
    assert made == [each.lower() for each in rows]
    assert len(made) == 12
