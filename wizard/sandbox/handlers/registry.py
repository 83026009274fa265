"""Which handler makes which type. A type that is not here is simulated."""

from __future__ import annotations

import functools
import importlib

from geos.wizard.sandbox.handlers.base import Handler
from geos.wizard.sandbox.handlers.simulated import Simulated

_MODULES = {
    "AWS::EC2::": ("network", "gateways", "compute"),
    "AWS::S3::": ("s3",),
    "AWS::IAM::": ("iam",),
    "AWS::KMS::": ("keys",),
    "AWS::ECR::": ("ecr",),
    "AWS::Batch::": ("batch",),
    "AWS::Logs::": ("observe",),
    "AWS::CloudWatch::": ("observe",),
    "AWS::Events::": ("observe",),
    "AWS::SNS::": ("notify",),
    "AWS::Budgets::": ("notify",),
    "AWS::SSM::": ("stores",),
    "AWS::DynamoDB::": ("stores",),
    "AWS::Lambda::": ("functions",),
}

_SIMULATED = Simulated()


@functools.cache
def handler_for(type_name: str) -> Handler:
    prefix = type_name.rsplit("::", 1)[0] + "::"
    for name in _MODULES.get(prefix, ()):
        module = importlib.import_module(f"geos.wizard.sandbox.handlers.{name}")
        found: Handler | None = module.HANDLERS.get(type_name)
        if found is not None:
            return found
    return _SIMULATED


def is_simulated(type_name: str) -> bool:
    """Whether resources of this type exist in their stack only."""
    return handler_for(type_name) is _SIMULATED
