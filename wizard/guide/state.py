"""What was answered so far, and how to take it back. Plain data, so that every question can be rebuilt from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WAY = "_way"
"""How AWS is reached: profile:<name>, ambient or sandbox."""
AGREED = "_agreed"
"""That a warning about the account was read."""
SYSTEM = "system"
INNER = (WAY, AGREED)
"""Keys that are no parameters; the rest goes into geos.yaml."""

SANDBOX, AMBIENT, PROFILE = "sandbox", "ambient", "profile:"


@dataclass
class State:
    """`own`: answers given in this set-up; `history`: their keys, in the order of asking."""

    own: dict[str, Any] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    remembered: dict[str, Any] = field(default_factory=dict)
    """Answers that were taken back: proposed when the question comes again."""
    reopened: set[str] = field(default_factory=set)
    """Given by flag or file, and asked again all the same because the user wants to change them."""
    started: str = ""
    resumed: bool = False

    def take(self, key: str, value: Any) -> None:
        self.own[key] = value
        self.reopened.discard(key)
        if key in self.history:
            self.history.remove(key)
        self.history.append(key)

    def back(self) -> str:
        """Take the last answer back; its key, or nothing when there is none."""
        if not self.history:
            return ""
        key = self.history.pop()
        self.forget(key)
        return key

    def forget(self, key: str) -> None:
        if key in self.own:
            self.remembered[key] = self.own.pop(key)
        if key in self.history:
            self.history.remove(key)

    def reopen(self, keys: list[str]) -> None:
        """Ask these again, in whatever way they were answered."""
        for key in keys:
            self.forget(key)
            self.reopened.add(key)

    @property
    def parameters(self) -> dict[str, Any]:
        """The answers that belong into geos.yaml."""
        return {key: value for key, value in self.own.items() if key not in INNER}

    @property
    def way(self) -> str:
        return str(self.own.get(WAY, ""))

    @property
    def sandbox(self) -> bool:
        return self.way == SANDBOX

    @property
    def profile(self) -> str:
        return self.way.removeprefix(PROFILE) if self.way.startswith(PROFILE) else ""
