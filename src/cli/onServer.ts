import type { RemoteHost } from "../host/remote/remoteHost.ts";
import { initialView, reduceView } from "../protocol/view.ts";
import { logOf } from "./compose.ts";
import type { Environment } from "./environment.ts";
import { findConversation, shortIdLength } from "./findConversation.ts";
import type { ShowOptions } from "./history.ts";
import type { ServerChoice } from "./serverOptions.ts";

/** The host on a server, which is there and can be worked with. Rejects with a sentence otherwise; `say` hears what it lacks. */
export async function openServer(
  { url, key }: ServerChoice,
  {
    environment,
    apiKey,
    say,
  }: { readonly environment: Environment; readonly apiKey: string | undefined; readonly say: (sentence: string) => void },
): Promise<RemoteHost> {
  const { RemoteHost } = await import("../host/remote/remoteHost.ts");
  const host = new RemoteHost({ server: { url, key: async () => key }, apiKeyOf: async () => apiKey, log: logOf(environment) });
  const { notes } = await host.level();
  for (const note of notes) say(`${host.name}: ${note}`);
  return host;
}

/** Shows a conversation of a server as it is now. */
export async function showOnServer(host: RemoteHost, { id: beginning, output, heading }: ShowOptions): Promise<void> {
  const row = findConversation(await host.list(), beginning);
  heading(row);
  let view = initialView;
  using _replayed = await host.subscribe(row.id, -1, (notification) => {
    view = reduceView(view, notification);
    output.show(notification, view);
  });
  output.end(view);
}

/** Deletes a conversation of a server; the sentence says that it does not come back. */
export async function deleteOnServer(host: RemoteHost, beginning: string): Promise<string> {
  const { id, title } = findConversation(await host.list(), beginning);
  await host.handle({ type: "conversation.delete", conversationId: id });
  return `Deleted ${id.slice(0, shortIdLength)}${title === undefined ? "" : ` "${title}"`} on ${host.name}, for good.`;
}
