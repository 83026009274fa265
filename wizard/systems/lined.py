"""YAML with line numbers: what was written, where it stands, and the very text of each scalar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


class NotReadable(Exception):
    """The text is not YAML, or a key stands twice. Holds the line, counted from 1; 0 when it is not known."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class Lined:
    """A parsed document."""

    value: Any
    lines: dict[Path, int] = field(repr=False)
    """Path of keys and indexes -> line of the key (in mappings) or the item (in lists)."""
    written: dict[Path, str] = field(repr=False)
    """Path -> a scalar's own text: `007` stays what it was."""

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest place above it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Lined:
    """Raises NotReadable."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
        if root is None:
            return Lined(None, {}, {})
        lines: dict[Path, int] = {}
        written: dict[Path, str] = {}
        for path, line, scalar in _walk(root, (), root.start_mark.line + 1, yaml):
            lines[path] = line
            if scalar is not None:
                written[path] = scalar
        return Lined(yaml.load(text, Loader=loader), lines, written)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        raise NotReadable(mark.line + 1 if mark else 0, e.problem or "not valid YAML") from e
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as e:
        raise NotReadable(0, f"not readable as YAML: {e}") from e


def _walk(node: Any, path: Path, line: int, yaml: Any) -> Iterator[tuple[Path, int, str | None]]:
    if isinstance(node, yaml.ScalarNode):
        yield path, line, node.value
        return
    yield path, line, None
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _walk(item, (*path, i), item.start_mark.line + 1, yaml)
        return
    seen: set[str] = set()
    for key, item in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise NotReadable(key.start_mark.line + 1, "a key must be a word")
        if key.value in seen:
            raise NotReadable(key.start_mark.line + 1, f'"{key.value}" stands twice')
        seen.add(key.value)
        yield from _walk(item, (*path, key.value), key.start_mark.line + 1, yaml)
