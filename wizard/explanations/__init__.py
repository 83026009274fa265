"""What `explain CODE` says: cause, cure and an example for every code.

Kept apart from the errors, because these words are needed once in a hundred runs. A file for each letter.
"""

from __future__ import annotations

from geos.wizard.explanations import access, building, deploying, measuring, quotas, sandbox, sizing, templates
from geos.wizard.explanations.explanation import Explanation

__all__ = ["EXPLANATIONS", "Explanation"]

EXPLANATIONS: dict[str, Explanation] = {
    code: explanation
    for part in (access, quotas, templates, deploying, building, sizing, measuring, sandbox)
    for code, explanation in part.EXPLANATIONS.items()
}
