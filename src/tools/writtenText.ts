import type { WrittenFile } from "../protocol/runtime.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { EditError } from "./edits.ts";
import { mostBytes, type OpenFile, openFile } from "./fileViews.ts";
import { differences } from "./seenFiles.ts";
import { encodeText, type TextFile } from "./textFile.ts";
import type { ToolContext } from "./tool.ts";

/** A text as it is in its file after it was written. */
export interface WrittenText {
  readonly text: string;
  readonly encoding: TextFile["encoding"];
  /** Lines for the model: what else happened to the file, and what is said of it now. */
  readonly notes: readonly string[];
  /** How the file differs from what was written, where something else has had a hand in it. */
  readonly isOtherwise?: string;
}

/** Writes `text` to where `file` is; what is there then may be something else, because an editor formats what it saves. */
export async function writeText(
  file: Pick<OpenFile, "path" | "version" | "encoding" | "hasBom">,
  text: string,
  context: ToolContext,
): Promise<WrittenText> {
  const { bytes, encoding } = encodeText(file, text);
  refuseTooLarge(file.path, bytes);
  const { runtime, signal } = context;
  const written = await runtime.files.write(file.path, bytes, { expected: file.version, signal });
  return asItIs(file.path, { text, encoding }, written, context);
}

async function asItIs(
  path: string,
  given: Pick<WrittenText, "text" | "encoding">,
  { notes = [], isOtherwise }: WrittenFile,
  context: ToolContext,
): Promise<WrittenText> {
  if (isOtherwise !== true) return { ...given, notes };
  try {
    const { text, encoding } = await openFile(path, context);
    const different = differences(given.text, text);
    return { text, encoding, notes, ...(different === undefined ? {} : { isOtherwise: different }) };
  } catch (error) {
    // The write itself went well.
    if (!(error instanceof RuntimeError) && !(error instanceof EditError)) throw error;
    return { ...given, notes: [...notes, `The file is not what was written, and could not be read again: ${error.message}`] };
  }
}

function refuseTooLarge(path: string, bytes: Uint8Array): void {
  if (bytes.length <= mostBytes) return;
  throw new EditError(
    `${path} would have ${bytes.length} bytes; at most ${mostBytes} can be edited here. Write it with a command. Nothing was changed.`,
  );
}
