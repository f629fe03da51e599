import { randomUUID } from "node:crypto";
import { localTimestamp } from "../../conversation/localTimestamp.ts";
import type { WireEvent } from "../../protocol/agentServer/events.ts";
import type { FullState } from "./fullState.ts";

/** Events that clients of a socket hear of and that are in no log (agent-server protocol §3.1). */

export function fullStateEvent(value: FullState): WireEvent {
  return { kind: "ConversationStateUpdateEvent", ...stamped("environment"), key: "full_state", value };
}

interface Delta {
  readonly content?: string | undefined;
  readonly reasoning_content?: string | undefined;
}

/** A piece of the reply that is being written; an empty text is one too (§4.5). */
export function deltaEvent({ content, reasoning_content }: Delta): WireEvent {
  return {
    kind: "StreamingDeltaEvent",
    ...stamped("agent"),
    ...(content === undefined ? {} : { content }),
    ...(reasoning_content === undefined ? {} : { reasoning_content }),
  };
}

/** For the client alone whose frame was at fault. */
export function serverErrorEvent(code: string, detail: string): WireEvent {
  return { kind: "ServerErrorEvent", ...stamped("environment"), code, detail };
}

function stamped(source: string) {
  return { id: randomUUID(), timestamp: localTimestamp(new Date()), source };
}
