#!/bin/bash
# entrypoint.sh inputPath outputPath configFile: one run of GEOS-Chem Classic, from S3 to S3. What happens stands in
# job/; here is what only a shell can do.
# The model keeps large arrays on the stack and dies at once without this; where "unlimited" is refused, the most.
ulimit -s unlimited 2>/dev/null || ulimit -s "$(ulimit -H -s)"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
# `exec`, so that the signal of a Spot reclaim reaches the program that saves what there is.
exec "${GEOS_PYTHON:-python3.11}" -m job "$@"
