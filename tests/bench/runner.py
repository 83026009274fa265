"""Run a command several times and tell what each took. A program of its own, so that it is small: see timing.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    asked = json.load(sys.stdin)
    seconds, peak, code, output = [], 0.0, 0, ""
    for i in range(asked["warm_up"] + asked["runs"]):
        started = time.perf_counter()
        process = subprocess.Popen(
            asked["words"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None
        output = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if i >= asked["warm_up"]:
            seconds.append(time.perf_counter() - started)
            peak = max(peak, usage.ru_maxrss / 1024)
            code = process.returncode
    json.dump({"seconds": seconds, "peak_mb": peak, "exit_code": code, "output": output}, sys.stdout)


if __name__ == "__main__":
    main()
