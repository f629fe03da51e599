import { EventSockets } from "../events/eventSockets.ts";
import { fullStateOf } from "../events/fullState.ts";
import type { SocketFamily } from "../sockets/socketServer.ts";
import type { Hosting } from "./hosting.ts";

/** The sockets that are about conversations (agent-server protocol §3.1). */
export function hostingSockets(hosting: Hosting): SocketFamily[] {
  const { host, logs, options } = hosting;
  return [new EventSockets({ host, logs, fullState: async (id) => fullStateOf(await hosting.infoOf(id)), log: options.log })];
}
