import * as vscode from "vscode";
import * as z from "zod";
import type { Problem } from "./problemList.ts";
import { lineOf } from "./shownProblems.ts";

const languages = new Set(["typescript", "typescriptreact", "javascript", "javascriptreact"]);

const Answer = z.object({
  body: z.array(z.object({ start: z.object({ line: z.number() }), text: z.string(), code: z.number().optional(), category: z.string() })),
});

/**
 * What VS Code's TypeScript service says of a document that no tab shows: it publishes nothing of such a one, but answers when it is asked.
 * Undefined when it does not speak this language, is not there or has not answered in time.
 */
export async function typescriptProblems(document: vscode.TextDocument, path: string, timeUp: AbortSignal): Promise<Problem[] | undefined> {
  if (!languages.has(document.languageId)) return undefined;
  const ask = async (what: string): Promise<Problem[] | undefined> => {
    const answer: unknown = await vscode.commands.executeCommand("typescript.tsserverRequest", what, { file: document.uri });
    return Answer.safeParse(answer).data?.body.flatMap(({ start, text, code, category }) => {
      if (category !== "error" && category !== "warning") return [];
      const from = code === undefined ? "ts" : `ts ${code}`;
      return [{ path, line: start.line, text: lineOf(document, start.line - 1), severity: category, message: text, from } as const];
    });
  };
  const asked = Promise.all([ask("syntacticDiagnosticsSync"), ask("semanticDiagnosticsSync")]).then(
    ([syntactic, semantic]) => syntactic && semantic && [...syntactic, ...semantic],
    // Because whatever keeps it from answering, nothing is known then.
    () => undefined,
  );
  return Promise.race([asked, aborted(timeUp)]);
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) return undefined;
  signal.addEventListener("abort", () => resolve(undefined), { once: true });
  return promise;
}
