#!/usr/bin/env bash
# Gradio 6.31.0 (PyPI): the stream of a call of its API, GET /gradio_api/call/NAME/EVENT_ID, can be read once. Read again
# after `event: complete`, as a client does that reconnects after the end, it is answered with 200 and an event stream
# that has nothing in it and stays open, while an event id that never was gets `event: error` with "404: Not Found".
#
# Expected: the result again, or the same 404 as for an id that is not known.
# Seen on CPython 3.11:
#   first read: event: complete;  second read: 200, no byte in 3 s;  unknown id: event: error
#
# Exits 1 when Gradio behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check gradio==6.31.0

cat > "$folder/app.py" <<'PY'
import sys
import gradio

def double(x: float) -> float:
    return 2 * x

with gradio.Blocks(analytics_enabled=False) as app:
    gradio.api(double, api_name="double")
app.queue().launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
PY
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
GRADIO_ANALYTICS_ENABLED=False "$folder/venv/bin/python" "$folder/app.py" "$port" > "$folder/log" 2>&1 &
server=$!
call=http://127.0.0.1:$port/gradio_api/call/double
for _ in $(seq 300); do curl --silent --output /dev/null "http://127.0.0.1:$port/" && break; sleep 0.2; done

id=$(curl --silent --max-time 20 --json '{"data": [21]}' "$call" | sed 's/.*"event_id": *"//; s/".*//')
first=$(curl --silent --max-time 20 "$call/$id")
: > "$folder/second"
status=$(curl --silent --max-time 3 --output "$folder/second" --write-out '%{http_code} %{content_type} exit %{exitcode}' \
  "$call/$id" || true)
unknown=$(curl --silent --max-time 20 "$call/0123456789abcdef0123456789abcdef" || true)
printf 'first read:\n%s\n\nsecond read: %s, %s bytes\n\nunknown id:\n%s\n' \
  "$first" "$status" "$(wc -c < "$folder/second")" "$unknown"
grep -q '^event: complete' <<< "$first" && [[ $status == "200 text/event-stream"*"exit 28" ]] &&
  [ ! -s "$folder/second" ] && grep -q '404: Not Found' <<< "$unknown" || {
  echo "behaviour has changed" >&2
  exit 1
}
