import { type Files, RuntimeError } from "../../runtime/runtime.ts";
import { decodeText, type TextFile } from "../../tools/textFile.ts";

/** What is at a path now. `version` is for a write that must not overwrite anything else. */
export type TextNow =
  | ({ readonly type: "text"; readonly version: string } & TextFile)
  | { readonly type: "absent" }
  | { readonly type: "unreadable"; readonly why: string };

/** No edit of the agent's makes a file larger. */
const mostBytes = 10 * 1024 * 1024;

/** The text of a file, as the editor has it where it has something that is not saved. */
export async function textNow(files: Pick<Files, "read">, path: string, signal: AbortSignal): Promise<TextNow> {
  try {
    const { bytes, version } = await files.read(path, { maxBytes: mostBytes, signal });
    const decoded = decodeText(bytes);
    return decoded.type === "text"
      ? { type: "text", version, ...decoded.file }
      : { type: "unreadable", why: `${path} is no text any more.` };
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return error.code === "not-found" ? { type: "absent" } : { type: "unreadable", why: error.message };
  }
}
