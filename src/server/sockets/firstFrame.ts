import { AuthFrame, LateAuthFrame } from "../../protocol/agentServer/events.ts";
import type { Client } from "./client.ts";

/** A client that has not shown its key by then is sent away (agent-server protocol §1.3). */
const mostWaitMs = 10_000;

/** The key in the client's first frame; undefined when it is no such frame, or comes too late. */
export async function keyOfFirstFrame(client: Client): Promise<string | undefined> {
  const text = await client.next(AbortSignal.timeout(mostWaitMs));
  return text === undefined ? undefined : AuthFrame.safeParse(json(text)).data?.session_api_key;
}

/** Whether a frame shows a key and says nothing else; it is passed over where no key is waited for. */
export function isLateAuth(text: string): boolean {
  return LateAuthFrame.safeParse(json(text)).success;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
