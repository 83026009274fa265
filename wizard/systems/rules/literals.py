"""Account ids, regions and secrets written out, where they must follow the stack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from geos.wizard.systems.rules import Finding, Rule, Subject, texts

_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_REGION = re.compile(
    r"(?<![a-z0-9-])(?:us|eu|ap|sa|ca|me|af|il|mx|cn)-(?:gov-|iso[a-z]?-)?"
    r"(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d(?![0-9])"
)
_SECRET = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----")
_SECRET_KEY = re.compile(r"(?:password|secretstring|secret_?access_?key|apikey|api_key|authtoken)$", re.IGNORECASE)


def literals(subject: Subject) -> Iterator[Finding]:
    """Only what is written in the template itself counts; what an answer says is the user's own wish."""
    own = json.dumps({key: value for key, value in subject.answers.items() if key != "region"}, default=str)
    for section in ("Mappings", "Conditions", "Resources", "Outputs"):
        for logical_id, raw in dict(subject.body.get(section, {})).items():
            for place, text in texts(raw):
                yield from ((logical_id, f"{place} holds {words}.") for words in _found(place, text, own))


def _found(place: str, text: str, own: str) -> Iterator[str]:
    if any(match not in own for match in _ACCOUNT.findall(text)):
        yield "an account id; write ${AWS::AccountId}"
    if any(match not in own for match in _REGION.findall(text)):
        yield "a region; write ${AWS::Region}"
    key = place.rsplit(".", 1)[-1]
    if _SECRET.search(text) or (_SECRET_KEY.search(key) and text and "{{resolve:" not in text):
        yield "a secret; keep it in Secrets Manager and refer to it"


RULES: dict[str, Rule] = {"RULE-19": literals}
