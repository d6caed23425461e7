// A broker with sse-channel: `POST /` publishes its body, `GET /` subscribes, with a history of a hundred events.
import http from "node:http";
import SseChannel from "sse-channel";

const channel = new SseChannel({ historySize: 100, retryTimeout: 10, pingInterval: 200, jsonEncode: false });
let id = Date.now() * 1000; // ids go up after a restart, too

http
  .createServer(async (request, response) => {
    if (request.method === "GET") return channel.addClient(request, response);
    let body = "";
    for await (const piece of request) body += piece;
    channel.send({ id: ++id, data: body });
    response.writeHead(204).end();
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
