import * as vscode from "vscode";
import * as z from "zod";
import { ConversationId } from "../../protocol/ids.ts";
import { decodeText } from "../../tools/textFile.ts";
import type { Reviews } from "./reviews.ts";

const scheme = "openhands-sandbox";
const Source = z.object({ conversation: ConversationId, path: z.string(), side: z.enum(["base", "sandbox", "host", "result"]) });
type Source = z.infer<typeof Source>;

/** A read-only document: a file of a sandbox as it is on one side. `path` is that of its change; it is shown as if it lay where `own` lies. */
export function sandboxUri(source: Source, own?: vscode.Uri): vscode.Uri {
  return vscode.Uri.from({ scheme, path: own?.path ?? `/${source.path}`, query: JSON.stringify(source) });
}

/** Those documents; they are read anew when something may be different. */
export class SandboxTexts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #reviews: Reviews;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(reviews: Reviews) {
    this.#reviews = reviews;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { conversation, path, side } = sourceOf(uri);
    const bytes = await this.#reviews.use(conversation, (review, signal) => review.read(path, side, signal));
    if (bytes === undefined) return "";
    const decoded = decodeText(bytes);
    if (decoded.type !== "text") throw new Error(`${path} is not text, so there is nothing to show.`);
    return decoded.file.text;
  }

  /** Those of these changes that are open in an editor are read again; what is no change any more stays as it was last. */
  refresh(id: ConversationId, paths: ReadonlySet<string>): void {
    for (const { uri, isClosed } of vscode.workspace.textDocuments) {
      if (isClosed || uri.scheme !== scheme) continue;
      const { conversation, path } = sourceOf(uri);
      if (conversation === id && paths.has(path)) this.#changed.fire(uri);
    }
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

const sourceOf = (uri: vscode.Uri): Source => Source.parse(JSON.parse(uri.query));
