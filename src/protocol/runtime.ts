import * as z from "zod";

/**
 * What the Runtime interface says and hears, as data: the same shapes in memory and on the wire of sandbox-server.
 */

/** Of a command's output a model is shown so much at most; of more it loses the middle, and the whole is kept in a file. */
export const mostShownCharacters = 30_000;

/** Keys that may be pressed in a running program: `C-a`…`C-z` and these (agent-server protocol §5.2). */
export const TerminalKey = z.string().regex(/^(C-[a-z]|ENTER|TAB|BS|ESC|UP|DOWN|LEFT|RIGHT|HOME|END|PGUP|PGDN)$/);
export type TerminalKey = z.infer<typeof TerminalKey>;

/** The name of an environment variable; a secret has one. */
export const EnvironmentName = z.string().regex(/^[A-Za-z_]\w*$/);

/** How long to wait for a command before it is reported as still running. */
const waits = {
  /** Hard limit in milliseconds; with it, silence does not end the wait. */
  timeoutMs: z.number().min(0).optional(),
  /** Without a hard limit: give up waiting after this long without any output. */
  noChangeTimeoutMs: z.number().min(0),
};

export const TerminalRequest = z.discriminatedUnion("type", [
  /** Runs `command` in the shell; refused as `busy` while another one runs. */
  z.object({
    type: z.literal("command"),
    command: z.string(),
    /** Exported in the shell before the command runs, and kept there; never echoed. For secrets that the command names. */
    env: z.record(EnvironmentName, z.string()).optional(),
    ...waits,
  }),
  /** Waits on for the running command. */
  z.object({ type: z.literal("poll"), ...waits }),
  /** Types `text` and Enter into the running program. */
  z.object({ type: z.literal("input"), text: z.string(), ...waits }),
  z.object({ type: z.literal("key"), key: TerminalKey, ...waits }),
]);
export type TerminalRequest = z.infer<typeof TerminalRequest>;

/**
 * What came of a request. `output` is only what is new since the last answer: plain text, without colours and cursor
 * movements, lines ended by `\n`, at most the limits of the terminal with the middle left out (`omittedBytes` of it).
 */
export const TerminalResult = z.object({
  outcome: z.discriminatedUnion("type", [
    /** The command is over and the shell waits for the next one. */
    z.object({ type: z.literal("completed"), exitCode: z.number().int() }),
    /**
     * The command still runs; `reason` says which limit ended the wait. `waitsForInput`: it reads the terminal, and nobody types; then
     * a few seconds without output are enough to end the wait (not that of a poll).
     */
    z.object({ type: z.literal("running"), reason: z.enum(["timeout", "no_change"]), waitsForInput: z.literal(true).optional() }),
    /** Nothing was done: another command still runs. `byPerson`: one that the person has typed, which nobody else types into or stops. */
    z.object({ type: z.literal("busy"), byPerson: z.literal(true).optional() }),
    /** Nothing was done: a poll, an input or a key needs a running command. */
    z.object({ type: z.literal("nothing_running") }),
    /** The shell itself ended (`exit`, `exec`, killed); the next command gets a new one in the same folder. */
    z.object({ type: z.literal("shell_ended"), exitCode: z.number().int().nullable() }),
  ]),
  output: z.string(),
  omittedBytes: z.number().int().min(0),
  /**
   * The command's whole output as plain text, in a file of the runtime below `RuntimeInfo.outputDir`, once it was too long for one answer.
   * It holds the first `sizeBytes` bytes; `isWhole` says that no more came.
   */
  fullOutput: z.object({ path: z.string(), sizeBytes: z.number().int().min(0), isWhole: z.boolean() }).optional(),
  /** Absolute path of the shell's working directory, as last reported by the shell. */
  workingDir: z.string(),
  /** What the terminal has to do without (a start-up file, a pseudo terminal), in sentences; told once, with the first answer that can. */
  notice: z.string().optional(),
});
export type TerminalResult = z.infer<typeof TerminalResult>;

/** One command beside the terminal, by the system's shell in the runtime's folder; `env` is added to its environment. */
export const CommandRequest = z.object({
  command: z.string(),
  env: z.record(EnvironmentName, z.string()),
  /** All that it can read. */
  stdin: z.string(),
  timeoutMs: z.number().min(0),
});
export type CommandRequest = z.infer<typeof CommandRequest>;

/** `exitCode` is -1 where it was ended, or could not be started; of each stream only the beginning is kept. */
export const CommandResult = z.object({ exitCode: z.number().int(), isTimedOut: z.boolean(), stdout: z.string(), stderr: z.string() });
export type CommandResult = z.infer<typeof CommandResult>;

/** A terminal of the runtime: the agent's, or a shell of the person's own. `command` is what runs in it, as far as that is known; null: nothing. */
export const ListedTerminal = z.object({
  id: z.string(),
  owner: z.enum(["agent", "person"]),
  command: z.string().nullable(),
  workingDir: z.string(),
});
export type ListedTerminal = z.infer<typeof ListedTerminal>;

export const FileKind = z.enum(["file", "directory", "symlink", "other"]);
export type FileKind = z.infer<typeof FileKind>;
/** `version` changes whenever the content may have changed; it is compared for equality only. Links are followed. */
export const FileStat = z.object({ kind: FileKind, sizeBytes: z.number().int().min(0), version: z.string() });
export type FileStat = z.infer<typeof FileStat>;

/**
 * A file after it was written. `notes` are sentences for the model: what else happened to it (an editor formatted it when it was saved), and
 * what the editor says of it now (new problems). `isOtherwise`: it does not hold the bytes that were given.
 */
export const WrittenFile = FileStat.extend({ notes: z.array(z.string()).optional(), isOtherwise: z.literal(true).optional() });
export type WrittenFile = z.infer<typeof WrittenFile>;

export const DirectoryEntry = z.object({ name: z.string(), kind: FileKind });
export type DirectoryEntry = z.infer<typeof DirectoryEntry>;

/** Why the runtime refused or failed a file operation; a closed list, so that every door can say it in its words. */
export const FileErrorCode = z.enum([
  "not-found",
  "exists",
  "changed",
  "is-directory",
  "not-directory",
  "not-a-file",
  "too-large",
  "no-permission",
  "disk-full",
  "invalid-path",
  "failed",
]);
export type FileErrorCode = z.infer<typeof FileErrorCode>;

/** `path` is the folder whose files are looked at; `pattern` is a glob for paths below it, with `/` between names on every system. */
export const GlobRequest = z.object({ pattern: z.string(), path: z.string() });
export type GlobRequest = z.infer<typeof GlobRequest>;

/** `pattern` is a regular expression for one line, whatever its case; `include` is a glob for the names of files. */
export const GrepRequest = z.object({ pattern: z.string(), path: z.string(), include: z.string().optional() });
export type GrepRequest = z.infer<typeof GrepRequest>;

/** `lines` are the first lines that match, long ones cut short; a glob has none. */
export const FoundFile = z.object({ path: z.string(), lines: z.array(z.object({ number: z.number().int(), text: z.string() })) });
export type FoundFile = z.infer<typeof FoundFile>;

/**
 * Why a search may not have found all: there are `more` files than it tells, its `time` was up, the tree has too many files (`size`), or
 * something in it was `unreadable`.
 */
export const SearchGap = z.enum(["more", "time", "size", "unreadable"]);
export type SearchGap = z.infer<typeof SearchGap>;

/** The file that was changed last comes first. Without a gap these are all. */
export const SearchResult = z.object({ files: z.array(FoundFile), gaps: z.array(SearchGap) });
export type SearchResult = z.infer<typeof SearchResult>;

/** Who and where the runtime is; for the system prompt and for the person. */
export const RuntimeInfo = z.object({
  kind: z.enum(["memory", "machine", "local", "remote", "docker"]),
  /** The wall in a person's words, such as "Local · no sandbox". */
  wall: z.string(),
  isSandboxed: z.boolean(),
  /** Whether commands in the sandbox reach a network; absent: as the machine does. */
  hasNetwork: z.boolean().optional(),
  /** The sandbox's image. */
  image: z.string().optional(),
  /** Whether the workspace is a copy, whose changes a person reviews before they reach the folder; absent: it is the folder itself. */
  isCopy: z.boolean().optional(),
  workingDir: z.string(),
  /** All folders of the workspace, `workingDir` among them; absent: it is the only one. */
  folders: z.array(z.string()).optional(),
  platform: z.string(),
  /** The shell's name, such as `bash`, which says in what language commands are written; null where no command can run. */
  shell: z.string().nullable(),
  /** Where output that is too long for an answer is kept while the runtime lives; null where none is. The model may read there. */
  outputDir: z.string().nullable(),
});
export type RuntimeInfo = z.infer<typeof RuntimeInfo>;
