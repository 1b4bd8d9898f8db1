"""What `/metrics` answers, read by Prometheus' own parser, and judged as `promtool check metrics` does.

The rules are those of prometheus.io/docs/practices/naming and of promlint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NO_BASE_UNITS = {
    *("milliseconds", "microseconds", "nanoseconds", "ms", "us", "ns", "minutes", "hours", "days", "weeks"),
    *("bits", "kilobytes", "megabytes", "gigabytes", "kb", "mb", "gb", "kib", "mib", "gib", "percent"),
}
_TYPES = {"counter", "gauge", "histogram", "summary", "untyped", "info"}
_RESERVED = {"le", "quantile", "job", "instance"}
_LONGEST_VALUE = 60
_MOST_SERIES = 400
"""Of one family, buckets not counted: routes, methods and statuses are the most."""

Series = tuple[str, frozenset[tuple[str, str]]]


def families(text: str) -> Mapping[str, Metric]:
    """By name, which for a counter is without `_total`."""
    found = list(text_string_to_metric_families(text))
    names = [each.name for each in found]
    assert len(names) == len(set(names)), "a family is described once"
    return {each.name: each for each in found}


def value(text: str, name: str, **labels: str) -> float:
    """That of one series; 0 where it is not there yet."""
    return series(text).get((name, frozenset(labels.items())), 0.0)


def series(text: str) -> Mapping[Series, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families(text).values()
        for sample in family.samples
    }


def faults(text: str) -> Iterator[str]:
    """Every breach of the rules, as a sentence."""
    described = {line.split(" ", 3)[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    for family in families(text).values():
        names = {sample.name for sample in family.samples}
        if not described & {family.name, f"{family.name}_total"}:
            yield f"{family.name} has no TYPE"
        if not family.documentation.strip():
            yield f"{family.name} has no HELP"
        if not _NAME.fullmatch(family.name):
            yield f"{family.name} is not in snake case"
        words = set(family.name.split("_"))
        if words & _NO_BASE_UNITS:
            yield f"{family.name} is not in base units"
        if words & (_TYPES - {"info"}):
            yield f"{family.name} has its type in its name"
        yield from _type_faults(family, names)
        yield from _label_faults(family)


def _type_faults(family: Metric, names: set[str]) -> Iterator[str]:
    if family.type == "counter" and not all(name.endswith("_total") for name in names):
        yield f"the counter {family.name} does not end in _total"
    if family.type != "counter" and any(name.endswith("_total") for name in names):
        yield f"{family.name} ends in _total and is no counter"
    if family.type == "gauge" and family.name.endswith(("_count", "_sum", "_bucket")):
        yield f"{family.name} looks like a part of a histogram"
    for unit in ("seconds", "bytes"):
        if unit in family.name.split("_") and not family.name.endswith(unit):
            yield f"{family.name} has its unit in the middle"


def _label_faults(family: Metric) -> Iterator[str]:
    kept = [sample for sample in family.samples if "le" not in sample.labels]
    if len(kept) > _MOST_SERIES:
        yield f"{family.name} has {len(kept)} series"
    for sample in kept:
        for label, text in sample.labels.items():
            if not _NAME.fullmatch(label) or label in _RESERVED:
                yield f"{family.name} has a label {label}"
            if len(text) > _LONGEST_VALUE:
                yield f"{family.name} has a label {label}={text}"
