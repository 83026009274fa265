"""An error code in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import answer, pairs, screen

if TYPE_CHECKING:
    from geos.wizard.explanations import Explanation


def explanation(code: str, found: Explanation) -> RenderableType:
    """Title, cause, cure and, where there is one, an example."""
    rows = [("Cause", Text(found.cause)), ("Cure", Text(found.cure))]
    if found.example:
        rows.append(("Example", Text(found.example, no_wrap=True, overflow="ignore")))
    return screen(answer(f"{code}  {found.title}"), pairs(rows))
