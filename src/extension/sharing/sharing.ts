import * as vscode from "vscode";
import type { Host } from "../../host/host.ts";
import type { Log } from "../../protocol/log.ts";
import type { Share } from "../../server/sharing/share.ts";

/** This window's host for others to follow: at most one share at a time, which ends with the window. */
export class Sharing implements vscode.Disposable {
  readonly #host: Host;
  readonly #log: Log;
  readonly #changed = new vscode.EventEmitter<void>();
  /** It has begun or ended, or other clients follow. */
  readonly onDidChange = this.#changed.event;
  #share: Share | undefined;
  #starting: Promise<Share> | undefined;

  /** Conversations of this machine only: those of a server are shared by their server. */
  constructor(host: Host, log: Log) {
    this.#host = host;
    this.#log = log;
  }

  get current(): Share | undefined {
    return this.#share;
  }

  /** The one that goes on already, or a new one with a key of its own. What serves it is read from the disk only now. */
  start(): Promise<Share> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async stop(): Promise<void> {
    const share = await this.#starting?.catch(() => undefined);
    this.#starting = undefined;
    this.#share = undefined;
    await share?.[Symbol.asyncDispose]();
    this.#changed.fire();
  }

  dispose(): void {
    void this.stop();
    this.#changed.dispose();
  }

  async #start(): Promise<Share> {
    const { shareHost } = await import("../../server/sharing/share.ts");
    const share = await shareHost({
      host: this.#host,
      platform: `Node ${process.versions.node}`,
      usableTools: ["terminal", "file_editor", "task_tracker", "glob", "grep"],
      log: this.#log,
      onClients: () => this.#changed.fire(),
    });
    this.#share = share;
    this.#changed.fire();
    return share;
  }
}
