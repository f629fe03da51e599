// A host on a small official-like server, and a door that shows what it tells.
import { RemoteHost } from "../../src/host/remote/remoteHost.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { Notification } from "../../src/protocol/notifications.ts";
import { initialView, reduceView, type View } from "../../src/protocol/view.ts";
import { type OfficialOptions, OfficialServer } from "./officialServer.ts";
import { quietLog } from "./workspaces.ts";

const waits = { firstMs: 20, mostMs: 100 };

export interface World extends AsyncDisposable {
  readonly server: OfficialServer;
  readonly host: RemoteHost;
}

export async function world(options: OfficialOptions = {}, key = options.key): Promise<World> {
  const server = await OfficialServer.open(options);
  const host = new RemoteHost({
    server: { url: server.url, key: async () => key },
    apiKeyOf: async () => "sk-model",
    log: quietLog,
    waits,
  });
  return {
    server,
    host,
    [Symbol.asyncDispose]: async () => {
      await host[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** What a door shows of a conversation. */
export class Door {
  view: View = initialView;
  readonly heard: Notification[] = [];
  readonly seqs: number[] = [];
  readonly hear = (notification: Notification): void => {
    this.heard.push(notification);
    if (notification.type === "event.appended") this.seqs.push(notification.seq);
    this.view = reduceView(this.view, notification);
  };

  get texts(): string[] {
    return this.view.rows.flatMap((row) => (row.type === "user" || row.type === "agent" ? [row.text] : []));
  }
}

export const idOf = (id: string): ConversationId => ConversationId.parse(id);
