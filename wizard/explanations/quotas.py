"""What `explain CODE` says of quotas (GEOS-Q…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-Q001": Explanation(
        "A quota is too small",
        "AWS limits what an account may use; a new one starts with 5 vCPUs. The plan needs more than is free.",
        "Request the increase, use the starter preset, or take a region that has room.",
        "geos-setup quotas --request\ngeos-setup quotas --regions all",
    ),
    "GEOS-Q002": Explanation(
        "A quota could not be read",
        "Nothing is known to be short, but at least one quota gave no answer; unknown is not a yes.",
        "Ask for the permission named in the row, then check again.",
        "geos-setup quotas -v",
    ),
    "GEOS-Q003": Explanation(
        "The increase was not accepted",
        "One request for this quota is open already, or the account has reached the number of open requests.",
        "Wait for the open request; geos shows its state.",
        "geos-setup quotas",
    ),
}
