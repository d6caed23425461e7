// The contract with Hono's streamSSE.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { streamSSE } from "hono/streaming";
import * as contract from "./contract.mjs";

const app = new Hono();
app.use(compress());

const send = async (stream, items) => {
  for (const [id, data] of items) await stream.writeSSE({ id, data });
};

app.get("/numbers", (c) =>
  streamSSE(c, (stream) => send(stream, contract.numbers(c.req.header("last-event-id")))));

app.on(["GET", "POST"], "/fails", (c) =>
  streamSSE(c, async (stream) => {
    const lastEventId = c.req.header("last-event-id");
    await send(stream, contract.beforeFailure(lastEventId));
    if (!lastEventId) {
      await contract.sleep(50);
      throw new contract.Failure();
    }
  }));

app.post("/words", async (c) => {
  const { words } = await c.req.json();
  return streamSSE(c, async (stream) => {
    for (const data of contract.words(words)) await stream.writeSSE({ data });
  });
});

app.get("/live", (c) =>
  streamSSE(c, async (stream) => {
    for (let n = 0; n < contract.STAMPS; n++) {
      await stream.writeSSE({ data: contract.stamp() });
      await contract.sleep(contract.PACE);
    }
    await contract.sleep(contract.SILENCE);
  }));

serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
