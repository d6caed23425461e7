#!/usr/bin/env bash
# gunicorn 27.0.1 (PyPI) with its default worker, `sync`: `--timeout`, 30 seconds by default, is for the whole response,
# also while it sends. A stream with an event every half second, or a chat's answer, is cut in the middle when the time is
# over: the worker is taken for hung, and is killed. A heartbeat of the stream does not help; `--worker-class gthread` does.
#
# Expected: a worker that sends is alive: the limit is said to be for "workers silent for more than this many seconds".
# Seen on CPython 3.11, `--timeout 2` and a stream of 6 s:
#   sync: 4 to 7 events, then cut;  gthread: all 12 events
#
# Exits 1 when gunicorn behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1
cd "$folder"
cat > app.py <<'PY'
import time

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    for number in range(12):
        yield b"data: %d\n\n" % number
        time.sleep(0.5)
PY
as_seen=0
for worker in sync gthread; do
  port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  venv/bin/gunicorn --worker-class "$worker" --timeout 2 --bind "127.0.0.1:$port" --log-level critical app:app 2> log &
  server=$!
  for _ in $(seq 100); do
    python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2> /dev/null && break
    sleep 0.1
  done
  exit=0
  curl --silent --max-time 20 --output events "http://127.0.0.1:$port/" || exit=$?
  kill "$server"
  wait "$server" || true
  server=
  events=$(grep --count '^data:' events)
  echo "$worker: $events events, curl ends with $exit"
  if [ "$worker" = sync ]; then
    [ "$events" -lt 9 ] && [ "$exit" = 18 ] || as_seen=1
  else
    [ "$events" = 12 ] && [ "$exit" = 0 ] || as_seen=1
  fi
done
exit "$as_seen"
