import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { RuntimeError } from "../../runtime.ts";
import { fileError } from "../fileErrors.ts";
import { refuseNonFile } from "../fileStats.ts";
import { checkedPath, refuseSystemFile } from "./checkedPath.ts";

export interface Download extends AsyncDisposable {
  readonly sizeBytes: number;
  /** The bytes from `start` to `end`, both included. The file is closed with the stream. */
  stream(range: { readonly start: number; readonly end: number }): Readable;
}

/** An ordinary file, opened to be read. Rejects with RuntimeError for links, pipes, devices and what the system shows as files. */
export async function openDownload(file: string, signal: AbortSignal): Promise<Download> {
  checkedPath(file);
  try {
    const found = await lstat(file, { bigint: true });
    if (found.isSymbolicLink()) throw new RuntimeError("no-permission", `${file} is a link. Ask for what it leads to.`);
    refuseNonFile(found, file);
    await refuseSystemFile(file);
    // Not through a link and not blocking, because it could have become one, or a pipe, since.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const opened = await handle.stat({ bigint: true });
      refuseNonFile(opened, file);
      return {
        sizeBytes: Number(opened.size),
        stream: (range) => handle.createReadStream(range),
        [Symbol.asyncDispose]: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw fileError(error, file, signal);
  }
}
