import type { AgentHost } from "../../host/agentHost.ts";
import type { ConversationId } from "../../protocol/ids.ts";

/** Tells what an open conversation is called, now and whenever that changes. */
export function watchTitle(host: Pick<AgentHost, "watch">, id: ConversationId, listener: (title: string) => void): Disposable {
  return host.watch((notice) => {
    if (notice.type === "changed" && notice.activity.id === id && notice.activity.title !== undefined) listener(notice.activity.title);
  });
}
