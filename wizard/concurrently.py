"""Do independent things at the same time; one that fails stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from geos.wizard.errors import GeosError

T = TypeVar("T")
K = TypeVar("K")


def gather(jobs: Mapping[K, Callable[[], T]], *, workers: int = 16) -> dict[K, T | GeosError]:
    """Run every job; a GeosError becomes that job's answer, anything else ends all of it."""
    if not jobs:
        return {}

    def answer(job: Callable[[], T]) -> T | GeosError:
        try:
            return job()
        except GeosError as e:
            return e

    with ThreadPoolExecutor(max_workers=min(workers, len(jobs)), thread_name_prefix="geos") as pool:
        futures = {name: pool.submit(answer, job) for name, job in jobs.items()}
        try:
            return {name: future.result() for name, future in futures.items()}
        except BaseException:  # Ctrl-C among them: what has not begun never does
            pool.shutdown(wait=False, cancel_futures=True)
            raise
