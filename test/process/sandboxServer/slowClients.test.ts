import { equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { Hono } from "hono";
import { gateOf } from "../../../src/server/gate.ts";
import { currentKeys } from "../../../src/server/keys.ts";
import type { Limits } from "../../../src/server/limits.ts";
import { type Listening, listen } from "../../../src/server/listen.ts";
import { until } from "../../support/until.ts";
import { quietLog } from "../../support/workspaces.ts";

const keys = ["key"];

/** The same limits as always, only sooner. */
const limits: Limits = { headersMs: 1_000, requestMs: 1_500, headers: 100, connections: 20, stalledMs: 1_000 };

describe("sandbox-server and slow clients (HS-10)", () => {
  let server: Listening;
  let cancelled = 0;
  const sockets: Socket[] = [];

  before(async () => {
    const app = new Hono();
    app.get("/alive", (c) => c.json({ status: "ok" }));
    app.post("/echo", async (c) => c.text(await c.req.text()));
    app.get("/quiet", () => new Response(Readable.toWeb(Readable.from(trickle())) as ReadableStream));
    app.get("/flood", () => {
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => controller.enqueue(new Uint8Array(1_000_000));
      const cancel = (): void => void cancelled++;
      return new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }));
    });
    const gate = (port: number) => gateOf({ keys: currentKeys(() => keys), hosts: [`127.0.0.1:${port}`], origins: [] });
    server = await listen({ app, host: "127.0.0.1", port: 0, gate, log: quietLog, limits });
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await server[Symbol.asyncDispose]();
  });

  const open = async (): Promise<Socket> => {
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    return socket;
  };
  const alive = async (): Promise<number> => (await fetch(`http://127.0.0.1:${server.port}/alive`)).status;
  const head = (line: string): string => `${line} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-session-api-key: key\r\n`;

  it("serves others while more connections than there may be send nothing, and cuts those", async () => {
    const slow = await Promise.all(Array.from({ length: 60 }, open));
    for (const socket of slow) socket.write("G");
    equal(await alive(), 200);
    for (const socket of slow) socket.resume();
    await until("all of them to be cut", async () => slow.every((socket) => socket.closed));
    equal(await alive(), 200);
  });

  it("cuts who does not finish a request", async () => {
    const socket = await open();
    socket.write(`${head("POST /echo")}content-length: 100\r\n\r\nbegun`);
    let answer = "";
    socket.on("data", (bytes: Buffer) => (answer += bytes.toString()));
    await once(socket, "close");
    ok(answer === "" || answer.startsWith("HTTP/1.1 408"), answer);
  });

  it("lets an answer take its time, and cuts who does not read one", async () => {
    const quiet = fetch(`http://127.0.0.1:${server.port}/quiet`, { headers: { "x-session-api-key": "key" } });
    const socket = await open();
    socket.pause();
    socket.write(`${head("GET /flood")}\r\n`);
    await until("the flood to be cut", async () => cancelled === 1);
    equal(await (await quiet).text(), "beginend");
  });
});

async function* trickle(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("begin");
  // Longer than any of the limits.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  yield Buffer.from("end");
}
