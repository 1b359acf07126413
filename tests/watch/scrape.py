"""Reads what /metrics says, as Prometheus does. Nothing here asserts but that it is readable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

WORDS = re.compile(r"[a-z_]+_[a-z_]+|up")
OF_THE_LANGUAGE = {"humanize", "histogram_quantile", "label_replace"}


@dataclass
class Scrape:
    """`samples`: (name, labels) → value."""

    families: set[str]
    samples: list[tuple[str, dict[str, str], float]]

    @property
    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples} | {
            f"{family}{suffix}" for family in self.families for suffix in ("", "_total", "_bucket", "_count", "_sum")
        }

    def sum(self, name: str, **labels: str) -> float:
        return sum(
            value
            for sample, found, value in self.samples
            if sample == name and all(found.get(key) == wanted for key, wanted in labels.items())
        )


def read(text: str) -> Scrape:
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(names) == len(set(names)), "a family comes twice: Prometheus would refuse the scrape"
    samples = [(one.name, one.labels, one.value) for family in families for one in family.samples]
    assert len({(name, tuple(sorted(labels.items()))) for name, labels, _ in samples}) == len(samples)
    return Scrape(set(names), samples)


def scrape(client: Any, token: str) -> Scrape:
    """Through Django's test client."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    return read(answer.content.decode())


def names_in(expression: str) -> set[str]:
    """The metrics an expression names."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\b(?:by|on|without) \([^)]*\)|\[[^\]]*\]", "", bare)
    return {word for word in re.findall(r"[a-z_]{2,}", bare) if word.startswith(("siaga_", "process_")) or word == "up"}
