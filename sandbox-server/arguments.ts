import { parseArgs } from "node:util";
import { messageOf } from "../src/protocol/thrown.ts";

export const help = `sandbox-server: the tools' side of OpenHands, for one workspace.

Usage
  sandbox-server --stdio                     speak HTTP/2 on standard input and output; ends when the input ends
  sandbox-server --port N [--host H]         speak HTTP/1.1 on a port; needs a key, or --no-auth
  sandbox-server --help

Both
  --workspace DIR        the folder that the tools work in (default: the current one)
  --folder DIR           where the terminal starts, when that is one of several folders in DIR of --workspace
  --log-level LEVEL      debug, info, warn or error (default: info); lines of JSON on standard error

On a port
  --port N               0 picks a free one; where it listens is the first line on standard output, as JSON
  --host H               the address to listen at (default: 127.0.0.1)
  --listen-public        allows an address that other machines reach, such as 0.0.0.0 in a container. There is no TLS: map the
                         port to loopback, or put a proxy with TLS in front
  --key-file FILE        the key, in a file that only its owner may read; or several, one to a line. Keys that are taken out of it
                         open nothing more, and sockets that were opened with them are closed
  --no-auth              needs no key: every program and user of this machine may then run commands here. On loopback only
  --allow-host NAME      a further name by which requests may call this server, with or without a port; may be repeated
  --allow-origin ORIGIN  a page that may ask, such as https://ide.example.org; may be repeated. No page may by itself, not even of
                         this machine: for a web UI at port 3000 say --allow-origin http://localhost:3000
  --data DIR             where conversations and all that is kept for clients is (default: ~/.openhands/agent-server)
  --max-upload-mb N      the largest file that is taken (default: 100)

Environment
  SESSION_API_KEY, OH_SESSION_API_KEYS_0 and so on    keys, in place of --key-file. Clients send one as X-Session-API-Key
  OH_ALLOW_CORS_ORIGINS_0 and so on   further pages, as with --allow-origin
  OH_ALLOW_CORS_ORIGIN_REGEX          further pages: a regular expression that matches the whole origin
  OH_SECRET_KEY                       encrypts what is secret on the disk; without it the first key does
  OH_PERSISTENCE_DIR, OH_CONVERSATIONS_PATH    in place of --data, and of "conversations" in it
  OH_CONVERSATION_WORKTREE_ROOT       where worktrees of conversations are made (default: "worktrees" in --data, which is private)
  OH_MAX_CONCURRENT_RUNS              so many conversations work at once, and further ones wait (default: all do)
  OH_CONVERSATION_IDLE_TTL_SECONDS    a conversation that nobody uses is closed after so long (default: 1200)
  RUNTIME_ENV                         local, or docker: where the tools of conversations act when their request does not say
  OH_STATIC_FILES_PATH                a folder with a web UI, which is served at /static for everybody, and where / leads
  OH_BASH_EVENTS_DIR                  keeps the events of single commands in this folder
  OH_BASH_EVENTS_RETENTION_SECONDS    forgets them after so long
`;

export interface Arguments {
  readonly help: boolean;
  /** Undefined: on standard input and output. */
  readonly port: number | undefined;
  readonly host: string;
  readonly isPublic: boolean;
  readonly keyFile: string | undefined;
  readonly noAuth: boolean;
  readonly workspace: string;
  /** Where the terminal starts; absent: in the workspace. */
  readonly folder: string | undefined;
  readonly logLevel: LogLevel;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly maxUploadBytes: number;
  /** Where conversations are kept; absent: as the environment says, or in the person's home. */
  readonly data: string | undefined;
}

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

const flags = {
  help: { type: "boolean" },
  stdio: { type: "boolean" },
  port: { type: "string" },
  host: { type: "string" },
  "listen-public": { type: "boolean" },
  "key-file": { type: "string" },
  "no-auth": { type: "boolean" },
  workspace: { type: "string" },
  folder: { type: "string" },
  "log-level": { type: "string" },
  "allow-host": { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  "max-upload-mb": { type: "string" },
  data: { type: "string" },
} as const;

/** What was asked for; or a sentence that says what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments | string {
  let values: ReturnType<typeof parseArgs<{ options: typeof flags; args: string[] }>>["values"];
  try {
    ({ values } = parseArgs({ args: [...args], options: flags }));
  } catch (error) {
    return messageOf(error);
  }
  const isStdio = values.stdio ?? false;
  if (!values.help && isStdio === (values.port !== undefined)) return "Say how to serve: either --stdio or --port N.";
  const port = values.port === undefined ? undefined : wholeNumber(values.port, 65_535);
  if (Number.isNaN(port)) return `The port must be a number from 0 to 65535, not "${values.port}".`;
  const megabytes = wholeNumber(values["max-upload-mb"] ?? "100", 1_000_000);
  if (Number.isNaN(megabytes)) return `--max-upload-mb must be a whole number, not "${values["max-upload-mb"]}".`;
  const logLevel = logLevels.find((level) => level === (values["log-level"] ?? "info"));
  if (logLevel === undefined) return `--log-level must be one of ${logLevels.join(", ")}.`;
  return {
    help: values.help ?? false,
    port,
    host: values.host ?? "127.0.0.1",
    isPublic: values["listen-public"] ?? false,
    keyFile: values["key-file"],
    noAuth: values["no-auth"] ?? false,
    workspace: values.workspace ?? ".",
    folder: values.folder,
    logLevel,
    allowHosts: values["allow-host"] ?? [],
    allowOrigins: values["allow-origin"] ?? [],
    maxUploadBytes: megabytes * 1024 * 1024,
    data: values.data,
  };
}

function wholeNumber(text: string, most: number): number {
  return /^\d{1,7}$/.test(text) && Number(text) <= most ? Number(text) : Number.NaN;
}
