"""What AWS sells here and now: instance types, where they are offered, prices, and how likely Spot capacity is.

On-Demand prices come from the price list, which answers in three regions only, whatever region is priced, and
allows 10 calls at once and 5 a second in each of the three. Everything else is asked in the region itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.paging import items, pages
from geos.wizard.facts import InstanceType
from geos.wizard.tables.instances import family_sizes

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

_PRODUCT = "Linux/UNIX"
_LINUX_SHARED = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
_ARCHITECTURES = {"x86_64", "arm64"}
_ACCELERATED = ("GpuInfo", "FpgaInfo", "InferenceAcceleratorInfo", "NeuronInfo", "MediaAcceleratorInfo")


class MarketCalls:
    """Read only."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ec2")

    def instance_types(self) -> dict[str, InstanceType]:
        """Every type of the region that a model could run on: no bare metal, no accelerators."""
        today = datetime.now(UTC).date().isoformat()
        with self._door.asking("read instance types"):
            found = items(self._client, "describe_instance_types", "InstanceTypes", PaginationConfig={"PageSize": 100})
            kinds = (_instance_type(raw, today) for raw in found if not _is_special(raw))
            return {kind.name: kind for kind in kinds if kind}

    def offers(self) -> dict[str, tuple[str, ...]]:
        """Type -> ids of the zones that offer it."""
        found: dict[str, list[str]] = {}
        with self._door.asking("read where instance types are offered"):
            for offer in items(
                self._client,
                "describe_instance_type_offerings",
                "InstanceTypeOfferings",
                LocationType="availability-zone-id",
                PaginationConfig={"PageSize": 1000},
            ):
                found.setdefault(offer["InstanceType"], []).append(offer["Location"])
        return {name: tuple(sorted(zones)) for name, zones in found.items()}

    def on_demand_usd_per_hour(self, endpoint: str) -> dict[str, float]:
        """Linux list prices of this region, asked of the price list in the region `endpoint`."""
        wanted = {**_LINUX_SHARED, "regionCode": self._door.region}
        filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()]
        found: dict[str, float] = {}
        with self._door.asking("read On-Demand prices"):
            for page in self._price_pages(endpoint, filters):
                found |= dict(_priced(json.loads(text)) for text in page.get("PriceList", ()))
        found.pop("", None)
        return found

    def _price_pages(self, endpoint: str, filters: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
        """Each page waits for its turn in the endpoint's budget, the first one as well."""
        budget = self._door.budget("pricing", endpoint)
        client = self._door.client("pricing", endpoint)
        budget.take()
        for page in pages(client, "get_products", ServiceCode="AmazonEC2", Filters=filters, MaxResults=100):
            yield page
            if page.get("NextToken"):
                budget.take()

    def spot_usd_per_hour(self, types: Iterable[str] = ()) -> dict[str, dict[str, float]]:
        """Type -> zone id -> Spot price now; of all types unless some are named."""
        named = {"InstanceTypes": sorted(types)} if types else {}
        found: dict[str, dict[str, float]] = {}
        with self._door.asking("read Spot prices"):
            for quote in items(
                self._client,
                "describe_spot_price_history",
                "SpotPriceHistory",
                ProductDescriptions=[_PRODUCT],
                StartTime=datetime.now(UTC),
                **named,
            ):
                zone = quote.get("AvailabilityZoneId") or quote.get("AvailabilityZone", "")
                found.setdefault(quote["InstanceType"], {})[zone] = float(quote["SpotPrice"])
        return found

    def placement_scores(self, types: Iterable[str], vcpus: int) -> dict[str, int]:
        """Zone id -> 1 to 10: how likely so many vCPUs of Spot, of any of the types, can be had now."""
        with self._door.asking("read Spot placement scores"):
            return {
                score["AvailabilityZoneId"]: int(score["Score"])
                for score in items(
                    self._client,
                    "get_spot_placement_scores",
                    "SpotPlacementScores",
                    InstanceTypes=sorted(types),
                    TargetCapacity=vcpus,
                    TargetCapacityUnitType="vcpu",
                    SingleAvailabilityZone=True,
                    RegionNames=[self._door.region],
                )
                if score.get("AvailabilityZoneId")
            }


def _is_special(raw: Mapping[str, Any]) -> bool:
    return bool(raw.get("BareMetal")) or any(raw.get(part) for part in _ACCELERATED)


def _instance_type(raw: Mapping[str, Any], today: str) -> InstanceType | None:
    """None for a type of an architecture that the model is not built for."""
    processor, vcpus, network = raw.get("ProcessorInfo", {}), raw.get("VCpuInfo", {}), raw.get("NetworkInfo", {})
    architecture = next((a for a in processor.get("SupportedArchitectures", ()) if a in _ARCHITECTURES), "")
    if not architecture or not vcpus.get("DefaultVCpus"):
        return None
    usage = raw.get("SupportedUsageClasses", ())
    cores = int(vcpus.get("DefaultCores") or vcpus["DefaultVCpus"])
    return InstanceType(
        name=str(raw["InstanceType"]),
        architecture=architecture,
        cpu=_cpu(str(raw["InstanceType"]), str(processor.get("Manufacturer", ""))),
        vcpus=int(vcpus["DefaultVCpus"]),
        physical_cores=cores,
        threads_per_core=int(vcpus.get("DefaultThreadsPerCore") or 1),
        memory_gib=float(raw.get("MemoryInfo", {}).get("SizeInMiB", 0)) / 1024,
        network_gbps=_gbps(network),
        efa=bool(network.get("EfaSupported")),
        spot_supported="spot" in usage,
        on_demand_supported="on-demand" in usage,
        burstable=bool(raw.get("BurstablePerformanceSupported")),
        current_generation=bool(raw.get("CurrentGeneration")),
        free_plan_eligible=bool(raw.get("FreeTierEligible")),
        source="ec2:DescribeInstanceTypes",
        date=today,
    )


def _cpu(name: str, maker: str) -> str:
    """The API tells the maker only; the shipped table knows the CPU of the families it has."""
    known = family_sizes(name.partition(".")[0])
    return known[0].cpu if known else maker


def _gbps(network: Mapping[str, Any]) -> float:
    """Of "Up to 12.5 Gigabit", "25 Gigabit", "4x 100 Gigabit"."""
    found = re.search(r"(?:(\d+)x )?([\d.]+) Gigabit", str(network.get("NetworkPerformance", "")))
    return float(found[1] or 1) * float(found[2]) if found else 0.0


def _priced(entry: Mapping[str, Any]) -> tuple[str, float]:
    """(instance type, USD per hour), or ("", 0) for anything that is no plain hour of a plain machine."""
    attributes = entry.get("product", {}).get("attributes", {})
    if attributes.get("marketoption", "OnDemand") != "OnDemand":
        return "", 0.0
    for term in entry.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            usd = float(dimension.get("pricePerUnit", {}).get("USD", 0) or 0)
            if dimension.get("unit") == "Hrs" and usd > 0:
                return str(attributes.get("instanceType", "")), usd
    return "", 0.0
