#!/usr/bin/env bash
# NestJS 12.5.1 (npm @nestjs/core): when a stream of events with ids of the application's own fails, the `event: error`
# that NestJS adds has an id from a counter of NestJS's, which begins at 1. An EventSource remembers that id, and so
# resumes from the start of the stream instead of after the last event that it had.
#
# Expected: no id, so that the last event ID stays 42.
# Seen on Node.js 20:
#   id: 41 / data: one, id: 42 / data: two, then event: error / id: 1 / data: Internal server error
#
# Exits 1 when NestJS behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @nestjs/core@12.5.1 @nestjs/common@12.5.1 \
  @nestjs/platform-express@12.5.1 reflect-metadata@0.2.2 rxjs@7.8.2 >&2

cat > server.mjs <<'JS'
import "reflect-metadata";
import { Controller, Module, Sse } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { concat, mergeMap, of, throwError, timer } from "rxjs";

class Events {
  events() {
    const failure = timer(200).pipe(mergeMap(() => throwError(() => new Error("broken"))));
    return concat(of({ id: "41", data: "one" }, { id: "42", data: "two" }), failure);
  }
}
Sse("events")(Events.prototype, "events", Object.getOwnPropertyDescriptor(Events.prototype, "events"));
Controller()(Events);
class App {}
Module({ controllers: [Events] })(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, "127.0.0.1");
console.log(app.getHttpServer().address().port);
JS
node server.mjs > port 2>&1 &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done

answer=$(curl --silent --max-time 5 "http://127.0.0.1:$(head -n 1 port)/events")
echo "$answer"
last=$(grep '^id:' <<< "$answer" | tail -n 1)
grep -q '^id: 42' <<< "$answer" && grep -q '^event: error' <<< "$answer" && [ "$last" = "id: 1" ] || {
  echo "behaviour has changed: the last id is '$last'" >&2
  exit 1
}
