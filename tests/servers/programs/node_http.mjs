// The contract with Node.js alone, which sends early hints before every answer.
import http from "node:http";
import * as contract from "./contract.mjs";

const server = http.createServer(async (request, response) => {
  const lastEventId = request.headers["last-event-id"];
  response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  switch (request.url) {
    case "/numbers":
      for (const [id, data] of contract.numbers(lastEventId)) response.write(contract.block(data, id));
      return response.end();
    case "/fails":
      for (const [id, data] of contract.beforeFailure(lastEventId)) response.write(contract.block(data, id));
      if (lastEventId) return response.end();
      await contract.sleep(50);
      return response.destroy(new contract.Failure());
    case "/words": {
      let body = "";
      for await (const piece of request) body += piece;
      for (const data of contract.words(JSON.parse(body).words)) response.write(contract.block(data));
      return response.end();
    }
    case "/live":
      for (let n = 0; n < contract.STAMPS; n++) {
        response.write(contract.block(contract.stamp()));
        await contract.sleep(contract.PACE);
      }
      await contract.sleep(contract.SILENCE);
      return response.end();
  }
});
server.on("clientError", (_, socket) => socket.destroy());
server.listen(Number(process.argv[2]), "127.0.0.1");
