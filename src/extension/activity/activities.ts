import * as vscode from "vscode";
import type { AgentHost } from "../../host/agentHost.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Activity } from "../../protocol/summary.ts";

/** One conversation goes on differently: how it was, and how it is. Absent: it was not, or is no more, open in this window. */
export interface ActivityChange {
  readonly id: ConversationId;
  readonly before: Activity | undefined;
  readonly now: Activity | undefined;
}

/** What goes on in the conversations that this window has open, whether a chat shows them or not. */
export class Activities implements vscode.Disposable {
  readonly #open = new Map<ConversationId, Activity>();
  readonly #changed = new vscode.EventEmitter<ActivityChange>();
  readonly #watching: Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(host: AgentHost) {
    this.#watching = host.watch((notice) => {
      if (notice.type === "changed") this.#set(notice.activity.id, notice.activity);
      else this.#set(notice.id, undefined);
    });
  }

  get all(): readonly Activity[] {
    return [...this.#open.values()];
  }

  get(id: ConversationId): Activity | undefined {
    return this.#open.get(id);
  }

  dispose(): void {
    this.#watching[Symbol.dispose]();
    this.#changed.dispose();
  }

  #set(id: ConversationId, now: Activity | undefined): void {
    const before = this.#open.get(id);
    if (now) this.#open.set(id, now);
    else this.#open.delete(id);
    this.#changed.fire({ id, before, now });
  }
}

/** Whether the person is asked here. */
export const needsPerson = ({ waiting, isReadOnly }: Activity): boolean => waiting > 0 && !isReadOnly;

export const isRunning = ({ execution_status, isReadOnly }: Activity): boolean => execution_status === "running" && !isReadOnly;
