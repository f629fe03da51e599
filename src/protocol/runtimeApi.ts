import * as z from "zod";
import { DirectoryEntry, FileErrorCode, FileStat, ListedTerminal, TerminalResult } from "./runtime.ts";

/**
 * The wire of `/api/runtime/*`: what `src/server` answers and `src/runtime/remote`, its only client, reads.
 *
 * `POST terminal/run` takes a TerminalRequest and answers lines of JSON (application/x-ndjson): any number of `output`, then one
 * `result` or `error`. `POST terminal/interrupt` ends what runs and answers when the shell is usable again; a request that is broken off
 * interrupts as well. `GET terminal/watch` answers `output` lines with all that a person at that terminal sees, until the request is broken off;
 * `POST terminal/type` and `terminal/resize` take a KeysRequest and a SizeRequest. `POST shells` starts a shell of the person's own and answers
 * `opened` with its id, then `output`, then `ended`; breaking it off, or `DELETE shells/<id>`, ends the shell; `POST shells/<id>/type` and `shells/<id>/resize`
 * are for it. `GET terminals` lists the agent's terminal and the shells. `POST files/read` answers the bytes themselves, their version in
 * the header `x-file-version` (of a part, the file's size in `x-file-size`); `POST files/watch` answers a line `changed` with names when something changes there; `PUT files/write?path=…&expected=…` takes the bytes as its body. `POST search/glob` and `search/grep` take a
 * GlobRequest and a GrepRequest and answer a SearchResult; one that is broken off ends the search. `POST command` takes a CommandRequest and answers its
 * CommandResult when it has ended; breaking it off ends the command.
 */
export const RuntimeFault = z.object({
  code: z.union([FileErrorCode, z.enum(["no-shell", "too-many", "closed", "unreachable"])]),
  /** The protocol's name for a sentence about what went wrong. */
  detail: z.string(),
});
export type RuntimeFault = z.infer<typeof RuntimeFault>;

const OutputLine = z.object({ type: z.literal("output"), text: z.string() });
const ErrorLine = z.object({ type: z.literal("error"), fault: RuntimeFault });

export const TerminalLine = z.discriminatedUnion("type", [
  OutputLine,
  z.object({ type: z.literal("result"), result: TerminalResult }),
  ErrorLine,
]);
export type TerminalLine = z.infer<typeof TerminalLine>;

export const WatchLine = z.discriminatedUnion("type", [OutputLine, ErrorLine]);

export const ShellLine = z.discriminatedUnion("type", [
  z.object({ type: z.literal("opened"), id: z.string().max(100) }),
  OutputLine,
  z.object({ type: z.literal("ended"), exitCode: z.number().int().nullable() }),
  ErrorLine,
]);
export type ShellLine = z.infer<typeof ShellLine>;

/** So many characters are typed by one request at most. */
export const mostKeys = 64 * 1024;
export const KeysRequest = z.object({ keys: z.string().max(mostKeys) });
const edge = z.number().int().min(1).max(10_000);
export const SizeRequest = z.object({ cols: edge, rows: edge });
export const TerminalsAnswer = z.object({ terminals: z.array(ListedTerminal).max(100) });

const mostPartBytes = 100 * 1024 * 1024;

export const PathRequest = z.object({ path: z.string() });
/** With an `offset`, a part of the file of at most `maxBytes`, at most 100 MB; without one the whole file, or `too-large`. */
export const ReadRequest = z
  .object({ path: z.string(), maxBytes: z.number().int().min(0), offset: z.number().int().min(0).optional() })
  .refine(({ offset, maxBytes }) => offset === undefined || maxBytes <= mostPartBytes, {
    error: "at most 100 MB at once",
    path: ["maxBytes"],
  });
export const MoveRequest = z.object({ from: z.string(), to: z.string() });
export const WriteQuery = z.object({ path: z.string(), expected: z.string() });
export const StatAnswer = z.object({ stat: FileStat.nullable() });
export const ListAnswer = z.object({ entries: z.array(DirectoryEntry) });
export const PathAnswer = z.object({ path: z.string() });

/** Megabytes of one connection's requests and answers that are under way. Node's own limit of 10 refuses every request while a large file passes. */
export const maxSessionMegabytes = 1_000;

/**
 * Bytes that may be under way to one side of a connection before it has taken them, of all requests together. HTTP/2's own 64 kB make a large upload
 * wait for an answer to each of them, and one reader that is late hold up all others.
 */
export const connectionWindowBytes = 16 * 1024 * 1024;

/** Of the whole file, where a part of it was asked for. */
export const sizeHeader = "x-file-size";
export const versionHeader = "x-file-version";
