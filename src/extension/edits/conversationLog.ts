import type { AgentHost } from "../../host/agentHost.ts";
import type { Event } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ConversationState } from "../../protocol/state.ts";
import { type Acted, isResultOf } from "./editTexts.ts";

const perPage = 200;

/** The action with this id and what came of it; looked for from the newest event on. Rejects with a sentence when it is not there. */
export async function findActed(host: AgentHost, id: ConversationId, actionId: string): Promise<Acted> {
  const later: Event[] = [];
  for (let beforeSeq = Infinity; beforeSeq > 0; ) {
    const { events, firstSeq } = await host.page(id, { beforeSeq, limit: perPage });
    const action = events.find((event) => event.kind === "ActionEvent" && event.id === actionId);
    if (action?.kind === "ActionEvent") {
      const result = [...events, ...later].find((event) => isResultOf(action, event));
      return result && isResultOf(action, result) ? { action, result } : { action };
    }
    // The result stands right behind its action, or a few others of the same reply.
    later.splice(0, later.length, ...events);
    beforeSeq = firstSeq;
  }
  throw new Error("This action is not in the conversation any more.");
}

/** The state of a conversation now. */
export async function stateOf(host: AgentHost, id: ConversationId): Promise<ConversationState> {
  using followed = await host.follow(id, { limit: 0 }, () => undefined);
  return followed.snapshot.state;
}
