// A socket in front of another one, whose connections can be made to carry nothing any more without being closed.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export interface CutSocket extends AsyncDisposable {
  /** Of the socket that programs connect to. */
  readonly path: string;
  /** From now on nothing comes through, in either direction. */
  cut(): void;
  /** Closes all connections, and takes no more. */
  close(): void;
}

export async function cutSocket(target: string): Promise<CutSocket> {
  const folder = await mkdtemp(path.join(tmpdir(), "openhands-socket-"));
  const place = path.join(folder, "engine.sock");
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: target, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => near.destroy());
      socket.on("close", () => [near, far].forEach((end) => end.destroy()));
    }
  });
  server.listen(place);
  await once(server, "listening");
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    path: place,
    cut: () => sockets.forEach((socket) => socket.unpipe().pause()),
    close,
    [Symbol.asyncDispose]: async () => {
      close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
