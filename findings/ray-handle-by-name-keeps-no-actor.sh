#!/usr/bin/env bash
# Ray 2.60.0 (PyPI): a handle to a named actor that was got by its name, with `get_if_exists=True` or `ray.get_actor`, does
# not keep the actor alive. When the handle that made it goes, the actor ends a second later, under the one that is in use,
# and says that "all references to the actor were removed". A cell of a notebook that is run again does that: the new
# object gets the actor of the old one by its name, and then the old one is collected.
#
# Expected: what the documentation says, that an actor is terminated when all copies of its handle have gone out of scope.
# Seen on CPython 3.11:
#   made and kept: 1 2;  got by name, the first dropped: 1 dead
#
# Exits 1 when Ray behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ray==2.60.0

cat > "$folder/finding.py" <<'PY'
import gc
import sys
import time

import ray

@ray.remote(num_cpus=0)
class Counter:
    def __init__(self):
        self.count = 0

    def add(self):
        self.count += 1
        return self.count

def counter(name):
    return Counter.options(name=name, get_if_exists=True).remote()

def add(handle):
    try:
        return ray.get(handle.add.remote(), timeout=30)
    except ray.exceptions.ActorDiedError as error:
        assert "all references to the actor were removed" in str(error), error
        return "dead"

def twice(name, drop):
    first = counter(name)
    second = counter(name)
    seen = [add(second)]
    if drop:
        del first
        gc.collect()
    time.sleep(5)
    return [*seen, add(second)]

ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
kept, dropped = twice("kept", drop=False), twice("dropped", drop=True)
print("made and kept:", *kept, end=";  ")
print("got by name, the first dropped:", *dropped)
sys.exit((kept, dropped) != ([1, 2], [1, "dead"]))
PY
RAY_AUTH_MODE=disabled RAY_USAGE_STATS_ENABLED=0 "$folder/venv/bin/python" "$folder/finding.py" 2> "$folder/log" ||
    { cat "$folder/log" >&2; exit 1; }
