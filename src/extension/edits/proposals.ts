import * as vscode from "vscode";
import type { AgentHost } from "../../host/agentHost.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import { type Activities, type ActivityChange, needsPerson } from "../activity/activities.ts";
import type { Chats } from "../chat/chats.ts";
import type { Models } from "../models.ts";
import { stateOf } from "./conversationLog.ts";
import type { Edits } from "./edits.ts";
import { editedPath } from "./editTexts.ts";
import { sourceOf } from "./virtualTexts.ts";

export interface ProposalParts {
  readonly host: AgentHost;
  readonly activities: Activities;
  readonly chats: Chats;
  readonly edits: Edits;
  readonly models: Models;
  readonly log: Log;
}

/**
 * Shows the diff of an edit that waits for the answer of a person who sees its conversation, where the person wants to see edits so. Diffs of
 * what was proposed go when it is answered: there is nothing left to be compared.
 */
export class Proposals implements vscode.Disposable {
  readonly #parts: ProposalParts;
  readonly #subscription: vscode.Disposable;

  constructor(parts: ProposalParts) {
    this.#parts = parts;
    this.#subscription = parts.activities.onDidChange((change) => {
      this.#hear(change).catch((error: unknown) => parts.log.warn("a proposed edit was not shown", { error: String(error) }));
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #hear({ id, before, now }: ActivityChange): Promise<void> {
    const wasAsked = before !== undefined && needsPerson(before);
    const isAsked = now !== undefined && needsPerson(now);
    if (wasAsked && !isAsked) await closeProposals(id);
    if (isAsked && !wasAsked && this.#parts.models.settings.showEdits === "diff") await this.#show(id);
  }

  async #show(id: ConversationId): Promise<void> {
    const { host, chats, edits } = this.#parts;
    const surface = chats.surfaceOf(id);
    if (surface === undefined) return;
    const { pending } = await stateOf(host, id);
    const edit = pending.find((action) => editedPath({ action }) !== undefined);
    // One that cannot be done says so in the chat.
    if (edit) await edits.diff(id, edit.id, surface.column).catch(() => undefined);
  }
}

async function closeProposals(id: ConversationId): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const proposals = tabs.filter(({ input, label }) => {
    if (!(input instanceof vscode.TabInputTextDiff) || input.modified.scheme !== "openhands-after") return false;
    return label.endsWith("(proposed)") && sourceOf(input.modified).conversation === id;
  });
  await vscode.window.tabGroups.close(proposals, true);
}
