import * as vscode from "vscode";
import * as z from "zod";
import type { RemoteHost } from "../../host/remote/remoteHost.ts";
import type { Log } from "../../protocol/log.ts";
import type { LlmRef } from "../../protocol/state.ts";
import type { SwitchedHost } from "./switchedHost.ts";

/** Which server this window is connected to. The key is in VS Code's secret storage, and nowhere else. */
export interface ServerPlace {
  readonly url: string;
  /** Host and port. */
  readonly name: string;
  /** Where the agent works there. */
  readonly folder: string;
}

export interface ServersOptions {
  readonly context: Pick<vscode.ExtensionContext, "secrets" | "workspaceState" | "globalState">;
  readonly host: SwitchedHost;
  /** The key for a model of the person's. */
  readonly apiKeyOf: (ref: LlmRef) => Promise<string | undefined>;
  readonly log: Log;
}

const connectedKey = "server";
const Kept = z.object({ url: z.url({ protocol: /^https?$/ }), folder: z.string().min(1) });

/** The window's connection to an agent-server; it is there again when the window was loaded anew. */
export class Servers implements vscode.Disposable {
  readonly #options: ServersOptions;
  readonly #changed = new vscode.EventEmitter<void>();
  /** It is connected to another server, to none, or to the same anew. */
  readonly onDidChange = this.#changed.event;
  #place: ServerPlace | undefined;
  #opened: Promise<RemoteHost> | undefined;

  constructor(options: ServersOptions) {
    this.#options = options;
    const kept = Kept.safeParse(options.context.workspaceState.get(connectedKey)).data;
    if (kept) this.#use({ ...kept, name: new URL(kept.url).host });
  }

  get place(): ServerPlace | undefined {
    return this.#place;
  }

  /** A host for a server that the window is not connected to, such as to try it. Whoever opens it ends it. */
  async open(url: string, key: () => Promise<string | undefined>): Promise<RemoteHost> {
    const { RemoteHost } = await import("../../host/remote/remoteHost.ts");
    return new RemoteHost({ server: { url, key }, apiKeyOf: this.#options.apiKeyOf, log: this.#options.log });
  }

  /** The window's server. Throws a sentence when there is none. */
  async current(): Promise<RemoteHost> {
    if (this.#opened === undefined) throw new Error("This window is connected to no server.");
    return this.#opened;
  }

  async connect(url: string, folder: string): Promise<void> {
    await this.#options.context.workspaceState.update(connectedKey, { url, folder });
    await this.#leave();
    this.#use({ url, folder, name: new URL(url).host });
    this.#changed.fire();
  }

  /** What runs there goes on there. */
  async disconnect(): Promise<void> {
    await this.#options.context.workspaceState.update(connectedKey, undefined);
    await this.#leave();
    this.#options.host.use(undefined);
    this.#changed.fire();
  }

  /** Tries to reach the server at once, and shows again what could not be shown. */
  async reconnect(): Promise<void> {
    (await this.current()).reconnect();
    this.#changed.fire();
  }

  async key(url: string): Promise<string | undefined> {
    return this.#options.context.secrets.get(secretName(url));
  }

  /** Undefined: it wants none. */
  async setKey(url: string, key: string | undefined): Promise<void> {
    const { secrets } = this.#options.context;
    await (key === undefined ? secrets.delete(secretName(url)) : secrets.store(secretName(url), key));
  }

  /** Where the agent worked there last. */
  folderOf(url: string): string | undefined {
    return z.string().safeParse(this.#options.context.globalState.get(`serverFolder:${url}`)).data;
  }

  async setFolder(url: string, folder: string): Promise<void> {
    await this.#options.context.globalState.update(`serverFolder:${url}`, folder);
  }

  dispose(): void {
    void this.#leave();
    this.#changed.dispose();
  }

  #use(place: ServerPlace): void {
    this.#place = place;
    let opening: Promise<RemoteHost> | undefined;
    const open = (): Promise<RemoteHost> => (opening ??= this.open(place.url, () => this.key(place.url)));
    this.#options.host.use({ name: place.name, host: open });
    this.#opened = open();
  }

  async #leave(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#place = undefined;
    await (await opened)?.[Symbol.asyncDispose]();
  }
}

const secretName = (url: string): string => `serverKey:${url}`;
