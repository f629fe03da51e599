import * as z from "zod";

/**
 * The parts of the OpenHands agent-server protocol that sandbox-server speaks: what it is, single commands, files, git. Names are the protocol's.
 */

/** The level of the protocol that we speak; clients compare it as a version and refuse what is too old. */
export const protocolVersion = "1.43.1";

export const keyHeader = "x-session-api-key";

/** Names one request with an effect. When its answer was lost, the same request with the same id gets the stored answer, and nothing is done twice. */
export const requestIdHeader = "x-request-id";

export interface ServerInfo {
  /** Whole seconds. */
  readonly uptime: number;
  /** Whole seconds since anything was asked of `/api`. */
  readonly idle_time: number;
  readonly title: string;
  readonly version: string;
  readonly sdk_version: string;
  readonly tools_version: string;
  readonly workspace_version: string;
  readonly build_git_sha: string;
  readonly build_git_ref: string;
  readonly python_version: string;
  readonly usable_tools: readonly string[];
  readonly runtime_idle_timeout_seconds: number | null;
  readonly max_foreground_terminal_timeout_seconds: number | null;
  readonly capabilities: readonly string[];
  readonly docs: string;
  readonly redoc: string;
}

const Seconds = z.number().int().min(0);

/** 32 hexadecimal digits; dashes and capitals are taken too. */
const HexId = z
  .string()
  .regex(/^[\da-fA-F]{8}-?(?:[\da-fA-F]{4}-?){3}[\da-fA-F]{12}$/)
  .transform((id) => id.replaceAll("-", "").toLowerCase());

export const BashRequest = z.object({ command: z.string(), cwd: z.string().nullish(), timeout: Seconds.default(300) });
export type BashRequest = z.infer<typeof BashRequest>;

export const BashCommand = z.object({
  kind: z.literal("BashCommand"),
  id: z.string(),
  /** In UTC, with `Z`. */
  timestamp: z.string(),
  command: z.string(),
  cwd: z.string().nullable(),
  timeout: Seconds,
});
export type BashCommand = z.infer<typeof BashCommand>;

/** A part of a command's output. Only the last one has an exit code: -1 after a timeout or when nothing could be started, -n after signal n. */
export const BashOutput = z.object({
  kind: z.literal("BashOutput"),
  id: z.string(),
  timestamp: z.string(),
  command_id: z.string(),
  order: z.number().int().min(0),
  exit_code: z.number().int().nullable(),
  stdout: z.string().nullable(),
  stderr: z.string().nullable(),
});
export type BashOutput = z.infer<typeof BashOutput>;

export const BashEvent = z.discriminatedUnion("kind", [BashCommand, BashOutput]);
export type BashEvent = z.infer<typeof BashEvent>;

/** At most 100 items; the protocol's own server fails above. */
export const Limit = z.coerce
  .number()
  .int()
  .min(1)
  .default(100)
  .transform((limit) => Math.min(limit, 100));

/** Milliseconds since 1970. A time without a zone is in UTC, as the times of events are. */
const Time = z
  .string()
  .transform((text) => Date.parse(/(?:[zZ]|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`))
  .refine((time) => !Number.isNaN(time), "Input should be a valid datetime");

export const BashSearch = z.object({
  kind__eq: z.enum(["BashCommand", "BashOutput"]).optional(),
  command_id__eq: HexId.optional(),
  timestamp__gte: Time.optional(),
  timestamp__lt: Time.optional(),
  order__gt: z.coerce.number().int().optional(),
  sort_order: z.enum(["TIMESTAMP", "TIMESTAMP_DESC"]).default("TIMESTAMP"),
  page_id: z.string().optional(),
  limit: Limit,
});
export type BashSearch = z.infer<typeof BashSearch>;

export const BashEventPath = z.object({ event_id: HexId });
export const BashEventIds = z.array(z.string()).max(100);

/** `next_page_id` names the first item of the next page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_page_id: string | null;
}

const Flag = z.stringbool().default(false);

export const PathQuery = z.object({ path: z.string() });
export const HomeQuery = z.object({ include_hidden: Flag });
export const SubfoldersQuery = z.object({ path: z.string(), page_id: z.string().optional(), limit: Limit, include_hidden: Flag });
export const TrajectoryPath = z.object({ conversation_id: HexId });

export interface NamedFolder {
  readonly name: string;
  readonly path: string;
}

export interface Home {
  readonly home: string;
  readonly favorites: readonly { readonly label: string; readonly path: string }[];
  readonly locations: readonly { readonly label: string; readonly path: string }[];
}

export const CommitId = z.string().regex(/^[\da-fA-F]{4,64}$/);

export const ChangesQuery = z.object({ path: z.string(), ref: z.string().min(1).optional() });
export const DiffQuery = ChangesQuery.extend({ commit: CommitId.optional() });
export const CommitsQuery = z.object({ path: z.string(), limit: z.coerce.number().int().min(1).max(200).default(50) });
export const CommitPath = z.object({ sha: CommitId });

export interface GitChange {
  readonly status: "ADDED" | "UPDATED" | "DELETED";
  /** Relative to the folder that was asked about, with `/`. */
  readonly path: string;
}

/** Texts without their last line break; null where there is none. */
export interface GitDiff {
  readonly modified: string | null;
  readonly original: string | null;
}

export interface GitCommits {
  readonly commits: readonly {
    readonly sha: string;
    readonly short_sha: string;
    readonly subject: string;
    readonly author: string;
    readonly timestamp: string;
  }[];
  readonly has_more: boolean;
}
