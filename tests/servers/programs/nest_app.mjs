// The contract with NestJS on Express, with the compression middleware; its answer to a POST is 201.
import "reflect-metadata";
import { Body, Controller, Headers, Module, RequestMethod, Sse } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import compression from "compression";
import { Observable } from "rxjs";
import * as contract from "./contract.mjs";

const stream = (produce) =>
  new Observable((subscriber) => {
    produce((data, id) => subscriber.next({ data, id })).then(
      () => subscriber.complete(),
      (error) => subscriber.error(error),
    );
  });

const send = (next, items) => items.forEach(([id, data]) => next(data, id));

class Streams {
  numbers(lastEventId) {
    return stream(async (next) => send(next, contract.numbers(lastEventId)));
  }

  fails(lastEventId) {
    return stream(async (next) => {
      send(next, contract.beforeFailure(lastEventId));
      if (lastEventId) return;
      await contract.sleep(50);
      throw new contract.Failure("failed");
    });
  }

  words(body) {
    return stream(async (next) => contract.words(body.words).forEach((data) => next(data)));
  }

  live() {
    return stream(async (next) => {
      for (let n = 0; n < contract.STAMPS; n++) {
        next(contract.stamp());
        await contract.sleep(contract.PACE);
      }
      await contract.sleep(contract.SILENCE);
    });
  }
}

// What the decorators of TypeScript do.
function route(name, path, method, ...parameters) {
  const descriptor = Object.getOwnPropertyDescriptor(Streams.prototype, name);
  Sse(path, { method })(Streams.prototype, name, descriptor);
  parameters.forEach((decorate, index) => decorate(Streams.prototype, name, index));
}

Streams.prototype.failsPost = function (lastEventId) {
  return this.fails(lastEventId);
};
route("numbers", "numbers", RequestMethod.GET, Headers("last-event-id"));
route("fails", "fails", RequestMethod.GET, Headers("last-event-id"));
route("failsPost", "fails", RequestMethod.POST, Headers("last-event-id"));
route("words", "words", RequestMethod.POST, Body());
route("live", "live", RequestMethod.GET);
Controller()(Streams);

class App {}
Module({ controllers: [Streams] })(App);

const app = await NestFactory.create(App, { logger: ["error"] });
app.use(compression({ threshold: 0 }));
await app.listen(Number(process.argv[2]), "127.0.0.1");
