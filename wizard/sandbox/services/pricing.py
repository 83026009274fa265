"""The price list for EC2 instances, from the shipped table, in the form of the real one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.shipped import prices
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

ENDPOINTS = ("us-east-1", "eu-central-1", "ap-south-1")
_FIXED = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
    "marketoption": "OnDemand",
    "locationType": "AWS Region",
    "servicecode": "AmazonEC2",
}


def _filters(call: Call) -> dict[str, str]:
    return {str(f["Field"]): str(f["Value"]) for f in call.params.get("Filters") or []}


def get_products(world: World, call: Call) -> Mapping[str, Any]:
    if call.region not in ENDPOINTS:
        raise ApiError("UnknownOperationException", f"There is no price list endpoint in {call.region}")
    if call.params.get("ServiceCode") != "AmazonEC2":
        raise ApiError("NotFoundException", f"{call.params.get('ServiceCode')} is not simulated by the geos sandbox")
    wanted = _filters(call)
    region = wanted.pop("regionCode", "")
    name = wanted.pop("instanceType", "")
    if not region:
        raise ApiError("InvalidParameterException", "The sandbox's price list needs a filter by regionCode")
    fits = all(_FIXED.get(k, v) == v for k, v in wanted.items())
    known = prices(region)
    names = ([name] if name in known else []) if name else sorted(known)
    rows = [_product(n, region, known[n].on_demand_usd_per_hour) for n in names] if fits else []
    found = paged(rows, call, "PriceList", size_key="MaxResults", token_key="NextToken", most=100)  # noqa: S106
    return {"FormatVersion": "aws_v1", **found}


def _product(name: str, region: str, usd_per_hour: float) -> str:
    sku = hashlib.sha256(f"{name}/{region}".encode()).hexdigest()[:16].upper()
    dimension = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${usd_per_hour} per On Demand Linux {name} Instance Hour",
        "pricePerUnit": {"USD": f"{usd_per_hour:.10f}"},
    }
    term = {"priceDimensions": {f"{sku}.JRTCKXETXF.6YS6EN2CT7": dimension}, "sku": sku, "termAttributes": {}}
    attributes = {**_FIXED, "instanceType": name, "regionCode": region}
    product = {"productFamily": "Compute Instance", "attributes": attributes, "sku": sku}
    entry = {
        "product": product,
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": term}},
        "version": "sandbox",
    }
    return json.dumps(entry)


ACTIONS = {"pricing": {"GetProducts": get_products}}
