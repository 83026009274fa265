"""entrypoint.sh inputPath outputPath configFile

  inputPath    s3://BUCKET/USER/uploads/… with files of your own, or "none"
  outputPath   s3://BUCKET/USER/results/RUN: results, checkpoints, log, summary.json
  configFile   YAML or JSON, below inputPath or s3://BUCKET/USER/configurations/…: what to simulate

A run that was interrupted goes on from its newest checkpoint when it is started again with the same words.

ends with  0 done  1 the model failed  2 bad configuration  3 input is missing  4 S3 was not reached or refused
           5 scratch disk too small  137 out of memory  143 stopped from outside, checkpoints saved
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from .endings import STOP, Code, Ended, Stopped
from .run import Run, prepare, say
from .summary import NAME, summary

STOPPED = "stopped from outside: a Spot reclaim, the time limit, or cancelled."


def main(argv: Sequence[str]) -> int:
    if len(argv) != 3 or argv[0] in ("-h", "--help"):
        sys.stderr.write(f"{__doc__}\n")
        return int(Code.OK if argv[:1] in (["-h"], ["--help"]) else Code.BAD_CONFIGURATION)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    run: Run | None = None
    ended = Ended(Code.OK, "done.")
    try:
        run = prepare(*argv)
        run.all()
    except Ended as e:
        ended = e
    except Stopped:
        ended = Ended(Code.STOPPED, STOPPED, "start it again with the same words.")
    except OSError as e:
        code = Code.NO_ROOM if e.errno == 28 else Code.MODEL_FAILED
        ended = Ended(code, f"{e.strerror or e}: {e.filename or 'a file'}.")
    _ignore_signals()  # what is saved now is what the next attempt starts from
    ended = _leave(run, ended)
    say(f"{'' if ended.code == Code.OK else 'error: '}{ended.reason}{f' Next: {ended.cure}' if ended.cure else ''}")
    return int(ended.code)


def _leave(run: Run | None, ended: Ended) -> Ended:
    if run is None:
        return ended
    told = summary(run, ended.code, ended.reason)
    sys.stdout.write(f"geos-summary: {json.dumps(told)}\n")
    try:
        if run.claimed:
            run.save_rest(ended.code)
            told = summary(run, ended.code, ended.reason)  # what was saved just now is in it
            run.store.write(f"{json.dumps(told, indent=2)}\n".encode(), run.args.output / NAME)
    except Ended as e:  # S3 is gone too: the first reason counts, unless there was none
        say(f"error: {e.reason}")
        ended = e if ended.code == Code.OK else ended
    finally:
        shutil.rmtree(run.scratch, ignore_errors=True)
    return ended


def _stop(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    STOP.set()
    raise Stopped


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # without waiting for downloads that were under way
