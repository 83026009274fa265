"""The simulated account as the server holds it: its seed, its stacks, its quotas, and one lock.

moto's own state lives in moto's modules; `World.reset` empties both together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from geos.wizard.sandbox.inner import Clients
from geos.wizard.sandbox.seeds import ACCOUNT_ID, Seed, changed, seed_of_kind

if TYPE_CHECKING:
    from geos.wizard.sandbox.services.quotas import QuotaBook
    from geos.wizard.sandbox.stacks.store import Store

CALLER = "explorer"
"""The IAM user whose keys `sandbox env` prints."""

T = TypeVar("T")


class World:
    """One account. All calls into moto happen under `lock`: its backends know no threads."""

    account = ACCOUNT_ID

    def __init__(self, seed: Seed) -> None:
        self.lock = threading.RLock()
        self.seed = seed
        self.clients = Clients(self._answer)
        self.app: Callable[[dict[str, Any], Any], Iterable[bytes]] | None = None
        self.endpoint = ""
        """Where it is served; empty while it is not."""
        self._parts: dict[str, Any] = {}
        self._furnished: set[str] = set()
        self.used: set[str] = set()
        """Services that somebody called, or in which a stack made something: the others hold nothing of anybody's."""

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.app is None:
            raise RuntimeError("the account has no front yet")
        return self.app(environ, start_response)

    # --- parts ---------------------------------------------------------------------------

    @property
    def stacks(self) -> Store:
        from geos.wizard.sandbox.stacks.store import Store

        return self.part("stacks", Store)

    @property
    def quotas(self) -> QuotaBook:
        from geos.wizard.sandbox.services.quotas import QuotaBook

        return self.part("quotas", QuotaBook)

    def part(self, name: str, make: Callable[[], T]) -> T:
        """State that a simulated service keeps between calls; gone with a reset."""
        with self.lock:
            if name not in self._parts:
                self._parts[name] = make()
            found: T = self._parts[name]
            return found

    # --- beginnings ----------------------------------------------------------------------

    def reset(self, seed: Seed) -> None:
        """Forget everything; begin again as `seed`."""
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        if "stacks" in self._parts:
            self.stacks.settle()
        self.stop_machines()
        with self.lock:
            BackendDict.reset()
            reset_model_data()
            self._parts.clear()
            self._furnished.clear()
            self.used.clear()
            self.seed = seed

    def stop_machines(self) -> None:
        """End every machine that really runs."""
        with self.lock:
            if "hosts" in self._parts:
                self._parts["hosts"].end_all()

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Change what the account is like while it lives; instances named in `patch` are started as well."""
        with self.lock:
            self.seed = changed(self.seed, patch)
            self._furnished.discard("iam")
            if "instances" in patch:
                self._furnished.discard("ec2")

    def furnish(self, service: str) -> None:
        """Before a service's first answer: put in what the seed says is there already."""
        from geos.wizard.sandbox.furnish import FURNISHERS

        if service in self._furnished or service not in FURNISHERS:
            return
        with self.lock:
            if service not in self._furnished:
                self._furnished.add(service)
                FURNISHERS[service](self)


def world_of(kind_or_seed: str | Seed) -> World:
    return World(seed_of_kind(kind_or_seed) if isinstance(kind_or_seed, str) else kind_or_seed)
