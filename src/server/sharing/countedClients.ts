import { ConversationId } from "../../protocol/ids.ts";
import type { SocketFamily } from "../sockets/socketServer.ts";

/** Somebody who follows a conversation. */
export interface SharedClient {
  /** Undefined when it was named in a way that is not ours. */
  readonly conversationId: ConversationId | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** The same sockets, of which those that are let in are in `clients` for as long as they are open. */
export function countedClients(family: SocketFamily, clients: Set<SharedClient>, onChange: () => void): SocketFamily {
  return {
    at: (path, query) => {
      const serve = family.at(path, query);
      if (serve === undefined) return undefined;
      return async (client) => {
        const counted = { conversationId: ConversationId.safeParse(path.split("/").at(-1)).data, since: Date.now() };
        clients.add(counted);
        onChange();
        try {
          await serve(client);
          await client.ended;
        } finally {
          clients.delete(counted);
          onChange();
        }
      };
    },
  };
}
