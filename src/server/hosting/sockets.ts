import type { ConversationId } from "../../protocol/ids.ts";
import { EventSockets } from "../events/eventSockets.ts";
import { type FullState, fullStateOf } from "../events/fullState.ts";
import type { SocketFamily } from "../sockets/socketServer.ts";
import type { Hosting } from "./hosting.ts";

/** The sockets that are about conversations (agent-server protocol §3.1). */
export function hostingSockets(hosting: Hosting): SocketFamily[] {
  const { host, logs, options } = hosting;
  const fullState = async (id: ConversationId): Promise<FullState> => fullStateOf(await hosting.infoOf(id), (await hosting.look(id)).state);
  return [new EventSockets({ host, logs, fullState, log: options.log })];
}
