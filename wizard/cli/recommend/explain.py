"""explain CODE: as in every geos command."""

from __future__ import annotations

from geos.wizard.cli.verbs.explain import run

__all__ = ["run"]
