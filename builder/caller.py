"""Who may reach the host: the address this machine is seen under, and nobody else."""

from __future__ import annotations

import http.client
import ipaddress
import socket
from collections.abc import Callable

from geos.builder.errors import BadAddressRange, CallerUnknown

ASKED_HOST = "checkip.amazonaws.com"
PATIENCE_SECONDS = 10.0
MOST_BYTES = 100
ANY_IPV4 = "0.0.0.0"  # noqa: S104 - where a connection comes from, not what is listened on

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HINT = "say who may reach the host (--admin-cidr 203.0.113.7/32), or open nothing (--transport ssm)"


def ask_aws(host: str = ASKED_HOST) -> str:
    """What checkip.amazonaws.com answers. Raises CallerUnknown."""
    # From an IPv4 address: hosts are reached by theirs, so the other kind would let the wrong side in.
    connection = http.client.HTTPSConnection(host, timeout=PATIENCE_SECONDS, source_address=(ANY_IPV4, 0))
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        answer = response.read(MOST_BYTES).decode("ascii", "replace").strip()
    except (OSError, http.client.HTTPException) as e:
        raise CallerUnknown(
            f"{host} does not tell this machine's public address: {why_unanswered(e)}.", hint=HINT
        ) from e
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise CallerUnknown(f"{host} answered {response.status} {response.reason}.", hint=HINT)
    return answer


def own_range(ask: Callable[[], str] = ask_aws) -> str:
    """This machine's public address as a range of one: /32 or /128. Raises CallerUnknown."""
    answer = ask()
    try:
        address = ipaddress.ip_address(answer)
    except ValueError as e:
        raise CallerUnknown(f"{ASKED_HOST} answered {answer[:60]!r}, which is no address.", hint=HINT) from e
    if not address.is_global:
        raise CallerUnknown(f"{ASKED_HOST} answered {address}, which is not a public address.", hint=HINT)
    return f"{address}/{address.max_prefixlen}"


def checked_range(text: str) -> str:
    """A range that the user gave, in its plain form. Raises BadAddressRange."""
    try:
        network: Network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as e:
        raise BadAddressRange(
            f"--admin-cidr {text!r} is not a range of addresses.", hint="written like 203.0.113.7/32"
        ) from e
    if network.prefixlen == 0:
        raise BadAddressRange(
            f"--admin-cidr {network} is the whole internet; a build host is never open to it.",
            hint="give the address you come from: 203.0.113.7/32",
        )
    return str(network)


def why_unanswered(error: object, patience_seconds: float = PATIENCE_SECONDS) -> str:
    """In words, what came between this machine and one on the internet."""
    if isinstance(error, TimeoutError):
        return f"no answer in {patience_seconds:.0f} s"
    if isinstance(error, socket.gaierror):
        return "the name is not known here (no network?)"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
