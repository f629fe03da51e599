import type { ConversationId } from "../../protocol/ids.ts";

const app = "openhands-vscode";

/** What each container, volume and network of a sandbox carries, so that it is found again and nobody else's is touched. */
export interface SandboxLabels {
  readonly app: typeof app;
  /** Which machine and state folder it belongs to; a shared engine may have those of others. */
  readonly host: string;
  /** The conversation. */
  readonly session: string;
  /** ISO 8601. */
  readonly created: string;
  /** The process on that host that made it. */
  readonly owner: string;
}

export function sandboxLabels(hostId: string, conversationId: ConversationId): SandboxLabels & Record<string, string> {
  return { app, host: hostId, session: conversationId, created: new Date().toISOString(), owner: String(process.pid) };
}

/** What says who makes something that all sandboxes share. */
export function makerLabels(hostId: string): Record<string, string> {
  return { app, host: hostId, created: new Date().toISOString(), owner: String(process.pid) };
}

/** What is of any sandbox of this host, in the words of Docker's list filters. */
export function ofHost(hostId: string): { label: string[] } {
  return { label: [`app=${app}`, `host=${hostId}`] };
}
