"""Resources of types that exist in AWS but not in the emulator: present in their stack and nowhere else."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import Handler, Made, Place, Properties


class Simulated(Handler):
    """Takes any properties; gives a plausible name back."""

    def create(self, at: Place, p: Properties) -> Made:
        kind = at.type.rsplit("::", 1)[-1]
        named = next((p[k] for k in (f"{kind}Name", "Name") if isinstance(p.get(k), str)), "")
        return Made(named or at.name(128))

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        return


def attribute(at: Place, physical_id: str, name: str) -> Any:
    """A value of the right kind for any attribute that a template asks a simulated resource for."""
    service, kind = at.type.lower().split("::")[1:3] if at.type.count("::") >= 2 else ("custom", "thing")
    if name.endswith("Arn"):
        return at.arn(service, f"{kind}/{physical_id}")
    if name.endswith("Id"):
        return physical_id
    return f"{physical_id}.{name.lower()}.{service}.{at.region}.amazonaws.com"
