"""What mixed work came to: what was done, lost and wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from soak.finding import Finding


@dataclass
class Outcome:
    """`counts` of what was done; `lost`: what was promised and is gone; `wrong`: anything else that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.lost and not self.wrong

    def findings(self) -> list[Finding]:
        """A row for what must be nothing, and one for what was done."""
        done = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()))
        return [
            Finding("lost", self._seen(self.lost), "0", not self.lost),
            Finding("wrong", self._seen(self.wrong), "0", not self.wrong),
            Finding("done", done, "at least one kill", self.counts["kills"] > 0),
        ]

    @staticmethod
    def _seen(faults: list[str]) -> str:
        return "; ".join([str(len(faults)), *faults])
