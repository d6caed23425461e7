// An MCP server over streamable HTTP with the tools of mcp_app.py, from the SDK for Node.js.
import { randomUUID } from "node:crypto";
import http from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

class Memory {
  events = [];

  async storeEvent(streamId, message) {
    this.events.push([streamId, message]);
    return String(this.events.length - 1);
  }

  async getStreamIdForEventId(eventId) {
    return this.events[Number(eventId)]?.[0];
  }

  async replayEventsAfter(lastEventId, { send }) {
    const [streamId] = this.events[Number(lastEventId)];
    for (const [number, [stream, message]] of this.events.entries()) {
      const isMessage = Object.keys(message).length > 0; // a priming event is an empty object
      if (number > Number(lastEventId) && stream === streamId && isMessage) await send(String(number), message);
    }
    return streamId;
  }
}

function counter() {
  const server = new McpServer({ name: "counter", version: "1" });
  server.registerTool("count", { inputSchema: { leave: z.boolean().default(true) } }, async ({ leave }, extra) => {
    const progressToken = extra._meta?.progressToken;
    const report = (progress) =>
      extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total: 3 } });
    await report(1);
    await report(2);
    if (leave) extra.closeSSEStream?.();
    await report(3);
    return { content: [{ type: "text", text: "counted" }] };
  });
  server.registerTool("repeat", { inputSchema: { count: z.number() } }, async ({ count }) => ({
    content: [{ type: "text", text: "x".repeat(count) }],
  }));
  return server;
}

const sessions = new Map();
const options = { eventStore: new Memory(), retryInterval: 10, enableJsonResponse: process.argv[3] === "json" };

async function transport(request) {
  const known = sessions.get(request.headers["mcp-session-id"]);
  if (known) return known;
  const made = new StreamableHTTPServerTransport({
    ...options,
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, made),
  });
  await counter().connect(made);
  return made;
}

http
  .createServer(async (request, response) => (await transport(request)).handleRequest(request, response))
  .listen(Number(process.argv[2]), "127.0.0.1");
