"""Prometheus' text form, by family, so that what several processes say becomes one answer. Pure but for the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

Families = dict[str, str]
"""Name → its lines: HELP, TYPE, then samples."""


class _Once(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def families(metrics: Iterable[Metric], **labels: str) -> Families:
    """The text of each metric, every sample with `labels` added."""
    found: Families = {}
    for metric in metrics:
        metric.samples = [sample._replace(labels=labels | sample.labels) for sample in metric.samples]
        registry = CollectorRegistry()
        registry.register(_Once([metric]))
        found[metric.name] = generate_latest(registry).decode()
    return found


def of_this_process(kind: str, name: str) -> Families:
    """Everything this process counts, labelled with its kind and name: a counter belongs to one process, so that it never
    goes back, and sums are Prometheus' business."""
    return families(REGISTRY.collect(), service=kind, process=name)


def merge(several: Iterable[Mapping[str, str]]) -> str:
    """One text of all: each family once, with everybody's samples below one head."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for one in several:
        for name, text in one.items():
            lines = text.splitlines()
            heads.setdefault(name, [line for line in lines if line.startswith("#")])
            samples.setdefault(name, []).extend(line for line in lines if line and not line.startswith("#"))
    return "".join("\n".join([*heads[name], *samples[name], ""]) for name in sorted(heads))
