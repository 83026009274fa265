"""Lambda functions: they exist, with their code and settings; nothing of them runs."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Handler, Made, Place, Properties, picked

_PLAIN = ("Description", "Handler", "KmsKeyArn", "Layers", "MemorySize", "Role", "Runtime", "Timeout", "VpcConfig")
_MORE = ("Environment", "DeadLetterConfig", "TracingConfig", "EphemeralStorage", "LoggingConfig")
_WHOLE = frozenset({"MemorySize", "Timeout"})
_STAMP = (2020, 1, 1, 0, 0, 0)
"""The same inline text always makes the same archive."""


def _archive(text: str, runtime: str) -> bytes:
    """Inline code as the archive that CloudFormation makes of it."""
    out = io.BytesIO()
    name = "index.js" if runtime.startswith("nodejs") else "index.py"
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo(name, _STAMP), text)
    return out.getvalue()


def _code(p: Properties) -> dict[str, Any]:
    code = p["Code"]
    if "ZipFile" in code:
        return {"ZipFile": _archive(str(code["ZipFile"]), str(p.get("Runtime", "")))}
    return picked(code, "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")


def _settings(p: Properties) -> dict[str, Any]:
    found = picked(p, *_PLAIN, *_MORE)
    return {k: int(v) if k in _WHOLE else v for k, v in found.items()}


class Function(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        from botocore.exceptions import ClientError

        name = str(p.get("FunctionName") or at.name(64))
        tags = {k: v for k, v in at.tags(p).items() if not k.startswith("aws:")}
        given = {**_settings(p), **picked(p, "PackageType", "Architectures")}
        try:
            made = at.call("lambda", "create_function", FunctionName=name, Code=_code(p), Tags=tags, **given)
        except ClientError as e:
            if e.response["Error"]["Code"] == "ResourceConflictException":
                raise AlreadyExists(at.type, name) from e
            raise
        at.begun.append(name)
        self._concurrency(at, name, p)
        return Made(name, {"Arn": made["FunctionArn"]})

    def _concurrency(self, at: Place, name: str, p: Properties) -> None:
        if "ReservedConcurrentExecutions" in p:
            reserved = int(p["ReservedConcurrentExecutions"])
            at.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=reserved)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        name = made.physical_id
        if new["Code"] != old["Code"] or new.get("Architectures") != old.get("Architectures"):
            at.call("lambda", "update_function_code", FunctionName=name, **_code(new), **picked(new, "Architectures"))
        at.call("lambda", "update_function_configuration", FunctionName=name, **_settings(new))
        if "ReservedConcurrentExecutions" in old and "ReservedConcurrentExecutions" not in new:
            at.quietly("lambda", "delete_function_concurrency", FunctionName=name)
        self._concurrency(at, name, new)
        arn, wanted = made.attributes["Arn"], at.tags(new)
        there = at.call("lambda", "list_tags", Resource=arn)["Tags"]
        gone = sorted(set(there) - set(wanted))
        if gone:
            at.call("lambda", "untag_resource", Resource=arn, TagKeys=gone)
        tags = {k: v for k, v in wanted.items() if not k.startswith("aws:")}
        if tags:
            at.call("lambda", "tag_resource", Resource=arn, Tags=tags)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("lambda", "delete_function", FunctionName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        live = at.call("lambda", "get_function_configuration", FunctionName=physical_id)
        return {k: live.get(k) for k in ("Handler", "MemorySize", "Role", "Runtime", "Timeout") if k in p}


class Permission(Handler):
    def create(self, at: Place, p: Properties) -> Made:
        statement = at.name(100)
        given = picked(p, "FunctionName", "Action", "Principal", "SourceArn", "SourceAccount", "EventSourceToken")
        at.call("lambda", "add_permission", StatementId=statement, **given)
        return Made(statement, {"Id": statement})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self.delete(at, made.physical_id, old)
        return self.create(at, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("lambda", "remove_permission", FunctionName=p["FunctionName"], StatementId=physical_id)


HANDLERS: dict[str, Handler] = {"AWS::Lambda::Function": Function(), "AWS::Lambda::Permission": Permission()}
