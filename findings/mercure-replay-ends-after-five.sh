#!/usr/bin/env bash
# flask-mercure-sse 0.4.1 (PyPI), the hub that it brings: a subscriber that comes back after six messages or more gets the
# first five of those that it has missed, and nothing ever after. Each subscriber has a queue of five messages; while the
# missed ones are put into it, nobody reads it yet. When it is full, the subscriber is dropped, but its connection is kept
# open and fed with comments, so that the client takes it for alive.
#
# Expected: all messages, or a connection that is closed, so that the client resumes after the fifth.
# Seen on CPython 3.11:
#   published 0 to 9; got 0 1 2 3 4, and the connection stays open
#
# Exits 1 when the hub behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check flask-mercure-sse==0.4.1

port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$folder"
PYTHONUNBUFFERED=1 "$folder/venv/bin/python" -m flask_mercure_sse.server --host 127.0.0.1 --port "$port" \
  --publisher-secret "known to this script and to its hub alone" > "$folder/log" 2>&1 &
server=$!
hub=http://127.0.0.1:$port/.well-known/mercure
for _ in $(seq 300); do curl --silent --output /dev/null "http://127.0.0.1:$port/" && break; sleep 0.2; done
token=$(sed -n 's/^Publisher JWT: //p' "$folder/log")

for number in 0 1 2 3 4 5 6 7 8 9; do
  curl --silent --fail --output /dev/null --max-time 10 --header "Authorization: Bearer $token" \
    --data "topic=numbers&data=$number" "$hub"
done
: > "$folder/replayed"
ended=$(curl --silent --max-time 4 --header 'Last-Event-ID: before all' --output "$folder/replayed" \
  --write-out '%{exitcode}' "$hub?topic=numbers" || true)
got=$(sed -n 's/^data: //p' "$folder/replayed" | tr '\n' ' ')

echo "published 0 to 9; got $got; curl ended with $ended (28: nothing came, and the connection stayed open)"
[ "$got" = "0 1 2 3 4 " ] && [ "$ended" = 28 ]
