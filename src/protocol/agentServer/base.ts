import * as z from "zod";

/**
 * The parts of the OpenHands agent-server protocol that sandbox-server speaks: what it is, single commands, files, git. Names are the protocol's.
 */

/** The level of the protocol that we speak; clients compare it as a version and refuse what is too old. */
export const protocolVersion = "1.43.1";

export const ServerInfo = z.object({
  /** Whole seconds. */
  uptime: z.number().int(),
  /** Whole seconds since anything was asked of `/api`. */
  idle_time: z.number().int(),
  title: z.string(),
  version: z.string(),
  sdk_version: z.string(),
  tools_version: z.string(),
  workspace_version: z.string(),
  build_git_sha: z.string(),
  build_git_ref: z.string(),
  python_version: z.string(),
  usable_tools: z.array(z.string()),
  runtime_idle_timeout_seconds: z.number().nullable(),
  max_foreground_terminal_timeout_seconds: z.number().nullable(),
  capabilities: z.array(z.string()),
  docs: z.string(),
  redoc: z.string(),
});
export type ServerInfo = z.infer<typeof ServerInfo>;

/** What most actions answer. */
export const Success = z.object({ success: z.boolean() });

/** One page of a search, as a schema. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_page_id: z.string().nullable() });
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

/** Told over the socket only, to the client whose request could not be begun. */
export interface BashError {
  readonly kind: "BashError";
  readonly id: string;
  readonly timestamp: string;
  readonly code: string;
  readonly detail: string;
}

/** `resend_all` is an older word for `resend_mode=all` (§3.2). */
export const BashSocketQuery = z.object({ resend_mode: z.literal("all").optional(), resend_all: z.stringbool().optional() });

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

export const NamedFolder = z.object({ name: z.string(), path: z.string() });
export type NamedFolder = Readonly<z.infer<typeof NamedFolder>>;

const LabelledFolder = z.object({ label: z.string(), path: z.string() });
export const Home = z.object({ home: z.string(), favorites: z.array(LabelledFolder), locations: z.array(LabelledFolder) });
export type Home = z.infer<typeof Home>;

export const CommitId = z.string().regex(/^[\da-fA-F]{4,64}$/);

export const ChangesQuery = z.object({ path: z.string(), ref: z.string().min(1).optional() });
export const DiffQuery = ChangesQuery.extend({ commit: CommitId.optional() });
export const CommitsQuery = z.object({ path: z.string(), limit: z.coerce.number().int().min(1).max(200).default(50) });
export const CommitPath = z.object({ sha: CommitId });

export const GitChange = z.object({
  status: z.enum(["ADDED", "UPDATED", "DELETED"]),
  /** Relative to the folder that was asked about, with `/`. */
  path: z.string(),
});
export type GitChange = Readonly<z.infer<typeof GitChange>>;

/** Texts without their last line break; null where there is none. */
export const GitDiff = z.object({ modified: z.string().nullable(), original: z.string().nullable() });
export type GitDiff = Readonly<z.infer<typeof GitDiff>>;

export const GitCommits = z.object({
  commits: z.array(z.object({ sha: z.string(), short_sha: z.string(), subject: z.string(), author: z.string(), timestamp: z.string() })),
  has_more: z.boolean(),
});
export type GitCommits = z.infer<typeof GitCommits>;
