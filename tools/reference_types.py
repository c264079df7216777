"""The reference page of entity types: what each plugin declares."""
# ruff: noqa: SLF001 - hints tell what comes whole in no other way

from collections.abc import Iterator
from typing import Any

from rst import code, codes, fields, paragraphs, prose, table, title

from synchronizer.plugins import installed

_PROVEN = {
    "real": "the tests sample a real one",
    "recorded": "by recorded and documented shapes; parts of it ran for real",
}


def _path(path: object) -> str:
    return path if isinstance(path, str) else " / ".join(path)  # type: ignore[arg-type]


def _paging(resource: Any) -> str:
    how = resource.paging.value
    if how == "none":
        return "none: one answer holds everything"
    ends = f" on {code(resource.marker)}" if how == "marker" else ""
    return f"{how}{ends}, {resource.limit} a page, until a page is empty"


def _poll(resource: Any) -> str:
    if resource.since:
        value = resource.since_value.replace("{}", "TIME")
        return f"{code(f'{resource.since}={value}')}, between sweeps"
    if resource.outline:
        whole = f"outline of {codes(resource.outline)}"
        flux = ", ".join(
            f"{code(name)} is {' or '.join(map(code, values))}"
            for name, values in resource.unsettled.items()
        )
        return whole + (f"; what is in flux more often: {flux}" if flux else "")
    return "none: every look is a complete sweep"


def _hints(resource: Any) -> str:
    said = []
    for hint in resource.hints:
        named = " or ".join(map(code, hint.ids)) or "no entity: asks for a listing"
        whole = f", whole in {code('.'.join(hint._whole))}" if hint._whole else ""
        gone = ", which is gone" if hint.gone else ""
        said.append(f"{code(hint.events)} ({named}{whole}{gone})")
    return "; ".join(said) or "none"


def _read(resource: Any) -> str:
    if resource.bulk:
        return f"many at once, {code(f'GET {resource.path}')} with {code(resource.bulk + '=ID&…')}"
    return code(f"GET {resource.single}") if resource.single else "none"


def _gone(resource: Any) -> str:
    if resource.bulk:
        return "by a listing of its id that is empty while another entity's is not"
    if resource.since and resource.gone:
        return "by its service's record of deleted ones, or by a read that answers 404"
    if resource.single:
        return "by a read that its service answers with 404"
    return "by its absence from two complete sweeps in a row"


def _type(resource: Any, text: str) -> Iterator[str]:
    yield f".. _type-{resource.type.replace('.', '-').replace('_', '-')}:\n"
    yield title(resource.type, "~")
    yield text + "\n"
    query = "&".join(f"{name}={value}" for name, value in resource.query.items())
    yield fields(
        (
            (
                "sampled",
                ("by default" if resource.default else "only when asked for")
                + (", where the cloud has it" if resource.optional else ""),
            ),
            ("listing", code(f"GET {resource.path}") + (f" with {code(query)}" if query else "")),
            ("listed for each", code(resource.each) if resource.each else ""),
            ("id", codes(_path(each) for each in resource.id)),
            ("paging", _paging(resource)),
            ("sorted by", codes("=".join(pair) for pair in resource.sort.items())),
            ("microversion", " to ".join(resource.microversion or ())),
            (
                "listed with",
                " and with ".join(
                    code("&".join(map("=".join, each.items())))
                    for each in filter(None, resource.variants)
                ),
            ),
            ("poll", _poll(resource)),
            ("hints", _hints(resource)),
            ("version", code(resource.version) if resource.version else ""),
            ("read", _read(resource)),
            ("deletion proven", _gone(resource)),
            ("canary", "must pass before an absence counts" if resource.canary else ""),
            ("never empty", "an empty listing is a fault" if resource.never_empty else ""),
            ("stand-in rows", " = ".join(map(code, resource.partial or ()))),
            ("whole rows have", codes(resource.whole)),
            ("witness", codes(resource.witness)),
            ("volatile", codes(map(_path, resource.volatile))),
            ("measured", codes(map(_path, resource.measured))),
            ("order is state", codes(map(_path, resource.ordered))),
            ("redacted", codes(map(_path, resource.secret))),
            ("left out", codes(map(_path, resource.only_single))),
            ("sweep", resource.sweep and f"every {resource.sweep:.0f} s (default 600 s)"),
            (
                "relations",
                ", ".join(
                    f"{code(key)} → {' or '.join(map(code, [to] if isinstance(to, str) else to))}"
                    for key, to in resource.relations.items()
                ),
            ),
        )
    )


def entity_types() -> Iterator[str]:

    yield title("Entity types")
    yield (
        "What the installed plugins declare, so what ``synchronizer type list --all`` prints.\n"
        "The words are explained in :doc:`glossary`.\n"
    )
    for name, plugin in installed().items():
        declared = plugin.declared()
        yield title(name, "-")
        yield prose(paragraphs(plugin.__doc__)[0]) + "\n"
        yield fields(
            (
                ("service type", "" if plugin.beside else code(plugin.service_type)),
                ("beside the cloud", f"entry {code(plugin.beside)}" if plugin.beside else ""),
                ("exchanges", codes(plugin.exchanges)),
                ("proven", _PROVEN[plugin.proven]),
                ("API version", code(plugin.version) if plugin.version else ""),
                ("regions", "each has its own" if plugin.regional else "one for the whole cloud"),
            )
        )
        texts = [prose(" ".join(paragraphs(type(each).__doc__))) for each in declared]
        yield table(
            ("type", "what it is", "by default"),
            (
                (code(each.type), text, "yes" if each.default else "no")
                for each, text in zip(declared, texts, strict=True)
            ),
            "30 60 10",
        )
        for each, text in zip(declared, texts, strict=True):
            yield from _type(each, text)
