import type { AgentHost } from "../../host/agentHost.ts";
import { textOf } from "../../protocol/content.ts";
import type { Event } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";

const perPage = 100;

/** What the agent said last to the person: its message, or that of its finish; empty when there is none. */
export async function finalResponse(host: Pick<AgentHost, "page">, id: ConversationId): Promise<string> {
  for (let beforeSeq = Infinity; beforeSeq > 0; ) {
    const { events, firstSeq } = await host.page(id, { beforeSeq, limit: perPage });
    const said = events.map(saidBy).findLast((text) => text !== undefined);
    if (said !== undefined) return said;
    beforeSeq = firstSeq;
  }
  return "";
}

function saidBy(event: Event): string | undefined {
  if (event.kind === "MessageEvent" && event.source === "agent") return textOf(event.llm_message.content);
  return event.kind === "ActionEvent" && event.action?.kind === "FinishAction" ? event.action.message : undefined;
}
