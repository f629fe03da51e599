import * as vscode from "vscode";
import * as z from "zod";
import type { AgentHost } from "../../host/agentHost.ts";
import { resultText } from "../../protocol/display.ts";
import { ConversationId, EventId } from "../../protocol/ids.ts";
import type { Files } from "../../runtime/runtime.ts";
import { agentFiles, type FilesAndReviews } from "../sandboxes/agentFiles.ts";
import type { Reviews } from "../sandboxes/reviews.ts";
import { findActed, stateOf } from "./conversationLog.ts";
import { doneEdit, editedPath, proposedText } from "./editTexts.ts";
import { textNow } from "./textNow.ts";

/** What a document is of: one action, or all that the conversation has changed. */
const Source = z.object({ conversation: ConversationId, action: EventId.optional() });
export type Source = z.infer<typeof Source>;

export type VirtualScheme = "openhands-before" | "openhands-after" | "openhands-result";

/** A document that is read from the log: a file as it was before, or after, an edit, or the whole result of an action. */
export function virtualUri(scheme: VirtualScheme, path: string, source: Source): vscode.Uri {
  return vscode.Uri.file(path).with({ scheme, query: JSON.stringify(source) });
}

/** Read-only documents of the log; they are there again after the window was loaded anew. */
export function registerVirtualTexts(host: AgentHost, files: Files, reviews: Reviews): vscode.Disposable {
  const provider = (scheme: VirtualScheme): vscode.Disposable =>
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: (uri, token) => {
        const stop = new AbortController();
        token.onCancellationRequested(() => stop.abort());
        return readers[scheme](uri, { host, files, reviews, signal: stop.signal });
      },
    });
  return vscode.Disposable.from(provider("openhands-before"), provider("openhands-after"), provider("openhands-result"));
}

interface Reading extends FilesAndReviews {
  readonly host: AgentHost;
  readonly signal: AbortSignal;
}

const readers: Readonly<Record<VirtualScheme, (uri: vscode.Uri, reading: Reading) => Promise<string>>> = {
  "openhands-before": async (uri, { host }) => {
    const { conversation, action } = sourceOf(uri);
    if (action !== undefined) return doneEdit(await findActed(host, conversation, action))?.before ?? "";
    const { progress } = await stateOf(host, conversation);
    return progress.changes.find(({ path }) => vscode.Uri.file(path).path === uri.path)?.before ?? "";
  },
  "openhands-after": async (uri, { host, signal, ...here }) => {
    const { conversation, action } = sourceOf(uri);
    if (action === undefined) return "";
    const acted = await findActed(host, conversation, action);
    const done = doneEdit(acted);
    if (done) return done.after;
    const file = editedPath(acted);
    const { files } = agentFiles(conversation, await stateOf(host, conversation), here);
    const now = file === undefined ? undefined : await textNow(files, file, signal);
    return proposedText(acted, now?.type === "text" ? now.text : null);
  },
  "openhands-result": async (uri, { host }) => {
    const { conversation, action } = sourceOf(uri);
    return action === undefined ? "" : resultText((await findActed(host, conversation, action)).result);
  },
};

/** What a virtual document is of. */
export const sourceOf = (uri: vscode.Uri): Source => Source.parse(JSON.parse(uri.query));
