import { posix } from "node:path";
import type { FileEditorAction } from "../protocol/actions.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { EditError } from "./edits.ts";
import { isReviewed, pathRisk } from "./pathRisk.ts";
import type { OwnRisk, RiskContext } from "./tool.ts";

/** What other programs run when they find it in a package.json. */
const keysThatRun = [
  "scripts",
  "config",
  "bin",
  "gypfile",
  "binary",
  "husky",
  "lint-staged",
  "simple-git-hooks",
  "packageManager",
  "overrides",
];

/** An editor fetches what it names. */
const remoteSchema = /"\$schema"\s*:\s*"(?:https?:)?\/\//i;

/** The risk of where it writes, and of what: commands in a package.json, and a schema that an editor would fetch. `now` gives the text after it. */
export async function editRisk(action: FileEditorAction, context: RiskContext, now: (before: string) => string): Promise<OwnRisk> {
  const risk = await pathRisk(action.path, action.command === "view" ? "read" : "write", context);
  const name = posix.basename(action.path).toLowerCase();
  if (action.command === "view" || risk.level === "HIGH" || isReviewed(context.runtime) || !/\.json[c5]?$/.test(name)) return risk;
  const added = action.command === "create" ? action.file_text : action.new_str;
  if (remoteSchema.test(added ?? "")) return { level: "HIGH", reason: "schema" };
  if (name !== "package.json" || action.command === "undo_edit") return risk;
  return (await changesWhatRuns(action, context, now)) ? { level: "HIGH", reason: "script" } : risk;
}

/** Also when that cannot be told. */
async function changesWhatRuns(
  { path }: FileEditorAction,
  { runtime, signal }: RiskContext,
  now: (before: string) => string,
): Promise<boolean> {
  try {
    const before = await textOf(path, { runtime, signal });
    return whatRuns(before) !== whatRuns(now(before));
  } catch (error) {
    // An edit that cannot be made changes nothing.
    if (error instanceof EditError) return false;
    if (error instanceof RuntimeError || error instanceof SyntaxError) return true;
    throw error;
  }
}

async function textOf(path: string, { runtime, signal }: RiskContext): Promise<string> {
  try {
    return new TextDecoder().decode((await runtime.files.read(path, { maxBytes: 1_000_000, signal })).bytes);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "not-found") return "";
    throw error;
  }
}

function whatRuns(text: string): string {
  const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
  const entries = new Map<string, unknown>(typeof value === "object" && value !== null ? Object.entries(value) : []);
  return JSON.stringify(keysThatRun.map((key) => entries.get(key)));
}
