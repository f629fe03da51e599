// The least that could tell many clients of events: a bare server of `ws` that says a text of a kilobyte so often, and keeps nothing.
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { localTimestamp } from "../../src/conversation/localTimestamp.ts";

const [perSecond = "50"] = process.argv.slice(2);
const rooms = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket, { url = "" }) => {
  const room = rooms.get(url) ?? new Set();
  rooms.set(url, room.add(socket));
  socket.once("close", () => room.delete(socket));
});
server.once("listening", () => console.log((server.address() as AddressInfo).port));
const text = "x".repeat(1_000);
let count = 0;
setInterval(() => {
  for (const room of rooms.values()) {
    const frame = JSON.stringify({ kind: "MessageEvent", id: `${count++}-0000000`, timestamp: localTimestamp(new Date()), text });
    for (const socket of room) socket.send(frame);
  }
}, 1_000 / Number(perSecond));
