import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { openSocketServer, type TestSocketServer } from "../../../support/socketServer.ts";
import { tookAtMost } from "../../../support/tookAtMost.ts";

describe("who may open a socket", () => {
  const key = "a-key-of-the-test";

  it("§10.23 takes the key in the query before the header and the first frame, and passes over the frame that is left", async () => {
    await using server = await openSocketServer({ keys: [key] });
    const client = await server.connect(`?session_api_key=${key}`, { headers: { "x-session-api-key": "wrong" } }).live();
    await client.send({ type: "auth", session_api_key: "anything" });
    await client.send({ type: "auth", session_api_key: key, more: 1 });
    const fault = await client.until(({ kind }) => kind === "ServerErrorEvent");
    assert.equal(fault.code, "ValidationError");
    assert.equal(client.frames.filter(({ kind }) => kind === "ServerErrorEvent").length, 1);
    await server.connect("", { headers: { "x-session-api-key": key } }).live();
    const first = server.connect();
    await first.send({ type: "auth", session_api_key: key, more: 1 });
    await first.live();
  });

  it("answers 403 to a wrong key before the upgrade, and closes with 4001 after a wrong first frame", async () => {
    await using server = await openSocketServer({ keys: [key] });
    assert.equal(await server.connect("?session_api_key=wrong").refused, 403);
    assert.equal(await server.connect("?session_api_key=").refused, 403);
    assert.equal(await server.connect("", { headers: { "x-session-api-key": "wrong" } }).refused, 403);
    for (const frame of ["{", [], { type: "auth", session_api_key: "wrong" }, { type: "hello" }, { role: "user", content: "Hi" }]) {
      const client = server.connect();
      await client.send(frame);
      assert.equal(await client.closed, 4001);
    }
    assert.equal((await server.get("/count")).body, 0);
  });

  it("refuses a page from elsewhere and another name of the server before the upgrade (HS-07)", async () => {
    await using server = await openSocketServer({ keys: [key] });
    const query = `?session_api_key=${key}`;
    assert.equal(await server.connect(query, { headers: { origin: "https://evil.example" } }).refused, 403);
    assert.equal(await server.connect(query, { headers: { host: "evil.example" } }).refused, 403);
    await server.connect(query, { headers: { origin: "https://ide.example.org" } }).live();
  });

  it("§10.24 closes a socket whose key is revoked within five seconds (HS-07)", async () => {
    await using server = await openSocketServer({ keys: [key, "another-key"] });
    const gone = await server.connect(`?session_api_key=${key}`).live();
    const stays = await server.connect("?session_api_key=another-key").live();
    server.setKeys(["another-key"]);
    const started = performance.now();
    assert.equal(await gone.closed, 4001);
    tookAtMost(5_000, performance.now() - started);
    assert.equal(stays.socket.readyState, stays.socket.OPEN);
    assert.equal(await server.connect(`?session_api_key=${key}`).refused, 403);
  });
});

describe("frames that no client should send (HS-08)", () => {
  it("ends with 1009 above one megabyte from who shows no key first, and above 16 from others", async () => {
    await using server = await openSocketServer({ keys: ["a-key"] });
    const unknown = server.connect();
    await once(unknown.socket, "open");
    unknown.socket.send("x".repeat(2_000_000));
    assert.equal(await unknown.closed, 1009);
    const known = await server.connect("?session_api_key=a-key").live();
    known.socket.send("x".repeat(17_000_000));
    assert.equal(await known.closed, 1009);
  });

  it("ends with 1007 for what is no UTF-8", async () => {
    await using server = await openSocketServer();
    const broken = await server.connect().live();
    broken.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    assert.equal(await broken.closed, 1007);
    await server.connect().live();
  });

  it("ends what comes in endless pieces, unmasked or in a flood of pings, and never compresses", async () => {
    await using server = await openSocketServer();
    const pieces = await server.connect().live();
    for (let piece = 0; piece <= 1_000; piece++) pieces.socket.send("x", { fin: false });
    assert.equal(await pieces.closed, 1008);
    const pings = await server.connect().live();
    for (let ping = 0; ping <= 500; ping++) pings.socket.ping();
    assert.equal(await pings.closed, 1006);
    const unmasked = await rawSocket(server);
    unmasked.write(Buffer.from([0x81, 0x02, 0x68, 0x69]));
    assert.equal(await closeCodeOf(unmasked), 1002);
    assert.equal((await server.connect().live()).socket.extensions, "");
  });

  it("leaves no client behind when the server ends", async () => {
    const server = await openSocketServer({ keys: ["k1"] });
    const client = await server.connect("?session_api_key=k1").live();
    const waiting = server.connect();
    await once(waiting.socket, "open");
    await server[Symbol.asyncDispose]();
    assert.deepEqual([await client.closed, await waiting.closed], [1001, 1001]);
  });
});

/** A socket whose frames the test makes itself. */
async function rawSocket({ port, id }: TestSocketServer): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `GET /sockets/events/${id} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.alloc(16).toString("base64")}\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n`,
  );
  await once(socket, "data");
  return socket;
}

/** Of the first close frame; frames of text before it are passed over. */
async function closeCodeOf(socket: Socket): Promise<number> {
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part));
  await once(socket, "close");
  const bytes = Buffer.concat(parts);
  const place = bytes.indexOf(0x88);
  return bytes.readUInt16BE(place + 2);
}
