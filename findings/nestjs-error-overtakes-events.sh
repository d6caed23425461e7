#!/usr/bin/env bash
# NestJS 12.5.1 (npm @nestjs/core): events that a source emits just before its error are lost. Of three events that are
# emitted one after the other, followed by an error, the first arrives, then `event: error`; two and three never do.
# The same three events arrive if the source waits before it fails, or does not fail.
#
# Expected: one, two, three, then the error: an Observable's error comes after its values.
# Seen on Node.js 20: data: one, then event: error / data: Internal server error
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
import { concat, of, throwError } from "rxjs";

class Events {
  events() {
    return concat(of({ data: "one" }, { data: "two" }, { data: "three" }), throwError(() => new Error("broken")));
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
grep -q '^data: one' <<< "$answer" && grep -q '^event: error' <<< "$answer" && ! grep -q 'data: two' <<< "$answer" || {
  echo "behaviour has changed" >&2
  exit 1
}
