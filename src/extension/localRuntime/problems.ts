import * as vscode from "vscode";
import { isInTab } from "./editors.ts";
import type { Place } from "./place.ts";
import { compareProblems, type Problem, tellProblems } from "./problemList.ts";
import { openDocument, shownProblems } from "./shownProblems.ts";
import { typescriptProblems } from "./typescriptProblems.ts";

/** What was known of a file before it was edited. */
export interface Before {
  readonly path: string;
  /** False: nothing is told of it. */
  readonly isWatched: boolean;
  readonly document: vscode.TextDocument | undefined;
  /** Lines of the file as it was, for a file that no language service had looked at. */
  readonly lines: ReadonlySet<string>;
}

export interface ProblemsOptions {
  readonly place: Place;
  /** Only files below these are looked at. */
  readonly folders: readonly string[];
}

/** An edit waits so long for the language service, and so long after its last word. */
const longestWaitMs = 1_000;
const quietMs = 250;
/** A file that is open so long has been looked at by whoever looks at such files. */
const lookedAtMs = 2_000;
/** Whoever has been waited for in vain so often is not waited for until it has said something. */
const mostInVain = 5;
const largestBytes = 500_000;
const mostFiles = 200;

/**
 * What an edit does to the problems that the editor shows: the model is told of each once. Nothing waits longer than a second; what a slow
 * language service says later is told with the next edit.
 */
export class Problems implements Disposable {
  readonly #options: ProblemsOptions;
  readonly #listening: vscode.Disposable;
  readonly #known = new Map<string, readonly Problem[]>();
  readonly #changed = new Map<string, vscode.Uri>();
  /** When each document was opened for the sake of its problems. */
  readonly #lookedAt = new Map<string, number>();
  readonly #inVain = new Map<string, number>();
  /** Languages of whose files something was said. */
  readonly #served = new Set<string>();
  readonly #heard = new vscode.EventEmitter<vscode.Uri>();
  #hasBegun = false;

  constructor(options: ProblemsOptions) {
    this.#options = options;
    this.#listening = vscode.languages.onDidChangeDiagnostics(({ uris }) => this.#hear(uris));
  }

  /** Opens the file without a tab, so that a language service looks at it before it is edited. Nobody waits for that. */
  lookAt(path: string, sizeBytes: number): void {
    if (sizeBytes <= largestBytes && this.#isInside(path)) void this.#openQuietly(path);
  }

  /** To be called right before a file gets `sizeBytes`; its result is given to `after`. */
  async before(path: string, sizeBytes: number, signal: AbortSignal): Promise<Before> {
    if (sizeBytes > largestBytes || !this.#isInside(path)) return { path, isWatched: false, document: undefined, lines: new Set() };
    this.#begin();
    const uri = this.#options.place.uriOf(path);
    const document = openDocument(uri) ?? (await this.#openQuietly(path));
    const lines = new Set(
      document
        ?.getText()
        .split(/\r?\n/)
        .map((line) => line.trim()),
    );
    if (document !== undefined && !isInTab(uri)) {
      const now = await typescriptProblems(document, path, AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs / 2)]));
      if (now !== undefined) this.#known.set(uri.toString(), now);
    } else if (document !== undefined && !this.#known.has(uri.toString()) && this.#wasLookedAt(uri)) this.#known.set(uri.toString(), []);
    return { path, isWatched: true, document, lines };
  }

  /** Sentences for the model: what is new since it was last told, and how much is gone. */
  async after(before: Before, signal: AbortSignal): Promise<string[]> {
    const { path } = before;
    if (!before.isWatched) return [];
    const uri = this.#options.place.uriOf(path);
    const document = before.document ?? (await this.#openQuietly(path));
    const answer = document === undefined ? undefined : await this.#answer(document, path, signal);
    const changed = new Map(this.#changed).set(uri.toString(), uri);
    this.#changed.clear();
    const all = [...changed.values()].map((one) => this.#compare(one, before, one.toString() === uri.toString() ? answer : undefined));
    return tellProblems({ fresh: all.flatMap(({ fresh }) => fresh), gone: all.flatMap(({ gone }) => gone) }, path);
  }

  [Symbol.dispose](): void {
    this.#listening.dispose();
    this.#heard.dispose();
  }

  #compare(uri: vscode.Uri, before: Before, answer: readonly Problem[] | undefined): ReturnType<typeof compareProblems> {
    const { place } = this.#options;
    const key = uri.toString();
    const now = answer ?? shownProblems(uri, place);
    const known = this.#known.get(key);
    const isOpen = openDocument(uri) !== undefined;
    // Because some services forget a file that is closed, which mends nothing.
    if (known !== undefined && !isOpen && now.length < known.length) return { fresh: [], gone: [] };
    this.#known.set(key, now);
    if (known !== undefined) return compareProblems(known, now);
    const isEdited = place.pathOf(uri) === before.path;
    return { fresh: isEdited ? now.filter(({ text }) => text === undefined || !before.lines.has(text)) : now, gone: [] };
  }

  /** The problems as a service that was asked says; undefined when those that are shown count. Waits for these to settle. */
  async #answer(document: vscode.TextDocument, path: string, signal: AbortSignal): Promise<readonly Problem[] | undefined> {
    if (!this.#served.has(document.languageId) && !isServed(document)) return undefined;
    const timeUp = AbortSignal.any([signal, AbortSignal.timeout(longestWaitMs)]);
    if (!isInTab(document.uri)) {
      await untilRead(document, timeUp);
      const answer = await typescriptProblems(document, path, timeUp);
      if (answer !== undefined) return answer;
    }
    const { languageId } = document;
    const inVain = this.#inVain.get(languageId) ?? 0;
    if (inVain >= mostInVain) return undefined;
    const isHeard = await this.#settled(document.uri, timeUp);
    this.#inVain.set(languageId, isHeard ? 0 : inVain + 1);
    return undefined;
  }

  /** Whether anything was said of the document, until it was quiet for a moment or the time was up. */
  #settled(uri: vscode.Uri, timeUp: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let quiet: NodeJS.Timeout | undefined;
    let isHeard = false;
    const end = (): void => resolve(isHeard);
    const listening = this.#heard.event((heard) => {
      if (heard.toString() !== uri.toString()) return;
      isHeard = true;
      clearTimeout(quiet);
      quiet = setTimeout(end, quietMs);
    });
    if (timeUp.aborted) end();
    timeUp.addEventListener("abort", end);
    return promise.finally(() => {
      clearTimeout(quiet);
      timeUp.removeEventListener("abort", end);
      listening.dispose();
    });
  }

  #hear(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) {
      const path = this.#options.place.pathOf(uri);
      if (path === undefined || !this.#isInside(path)) continue;
      if (this.#changed.size < mostFiles) this.#changed.set(uri.toString(), uri);
      const document = openDocument(uri);
      if (document !== undefined) this.#served.add(document.languageId);
      if (document !== undefined) this.#inVain.delete(document.languageId);
      this.#heard.fire(uri);
    }
  }

  /** What is shown before the first edit is not its doing. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#changed.clear();
    for (const [uri] of vscode.languages.getDiagnostics().slice(0, 10 * mostFiles)) {
      const path = this.#options.place.pathOf(uri);
      if (path !== undefined && this.#isInside(path)) this.#known.set(uri.toString(), shownProblems(uri, this.#options.place));
    }
    for (const { uri } of vscode.workspace.textDocuments) this.#lookedAt.set(uri.toString(), this.#lookedAt.get(uri.toString()) ?? 0);
  }

  async #openQuietly(path: string): Promise<vscode.TextDocument | undefined> {
    const uri = this.#options.place.uriOf(path);
    const open = openDocument(uri);
    if (open !== undefined) return open;
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      this.#lookedAt.set(uri.toString(), performance.now());
      return document;
    } catch {
      // Because it is no text, or gone: nobody will find problems in it.
      return undefined;
    }
  }

  #wasLookedAt(uri: vscode.Uri): boolean {
    const since = this.#lookedAt.get(uri.toString());
    return since === undefined || performance.now() - since >= lookedAtMs;
  }

  #isInside(path: string): boolean {
    return this.#options.folders.some((folder) => path.startsWith(folder.endsWith("/") ? folder : `${folder}/`));
  }
}

/** Whether an extension that runs says that it is for this language. */
function isServed({ languageId }: vscode.TextDocument): boolean {
  return vscode.extensions.all.some(
    (extension: vscode.Extension<unknown>) => extension.isActive && isFor(extension.packageJSON, languageId),
  );
}

function isFor(manifest: unknown, languageId: string): boolean {
  if (typeof manifest !== "object" || manifest === null || !("activationEvents" in manifest)) return false;
  return Array.isArray(manifest.activationEvents) && manifest.activationEvents.includes(`onLanguage:${languageId}`);
}

/** An editor that no tab shows reads the file a moment after it was written. */
async function untilRead(document: vscode.TextDocument, timeUp: AbortSignal): Promise<void> {
  const bytes = await vscode.workspace.fs.readFile(document.uri).then(
    (read) => read,
    () => undefined,
  );
  if (bytes === undefined) return;
  const text = await vscode.workspace.decode(bytes, { encoding: document.encoding });
  if (text === document.getText() || timeUp.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const changed = vscode.workspace.onDidChangeTextDocument((event) => {
    if (event.document === document && document.getText() === text) resolve();
  });
  timeUp.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  changed.dispose();
}
