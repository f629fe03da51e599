/** The rooms of the project and what each may use. `test/architecture.test.ts` holds the sources against these tables. */

const engine = ["protocol", "llm", "runtime", "tools", "conversation", "agent", "host", "server"] as const;

/** Which rooms each room may import; its tsconfig.json has the same list as `references`. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  llm: ["protocol"],
  runtime: ["protocol"],
  conversation: ["protocol"],
  tools: ["protocol", "runtime"],
  agent: ["protocol", "llm", "runtime", "tools", "conversation"],
  host: ["protocol", "llm", "runtime", "tools", "conversation", "agent"],
  server: ["protocol", "llm", "runtime", "tools", "conversation", "agent", "host"],
  webview: ["protocol"],
  extension: engine,
  cli: engine,
  "sandbox-server": engine,
};

/** A person or a program comes in by these; none imports another. */
export const doors: readonly string[] = ["extension", "webview", "cli", "sandbox-server"];

const programs = ["src/extension/", "src/cli/", "sandbox-server/"];

/** Where each package of package.json's `dependencies` may be imported: a folder (ends in a slash) or one file. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  "@hono/node-server": ["src/server/", "sandbox-server/"],
  "@modelcontextprotocol/client": ["src/server/mcp/"],
  "@preact/signals": ["src/webview/"],
  "@vscode/codicons": ["src/webview/"],
  dompurify: ["src/webview/"],
  hono: ["src/server/"],
  "markdown-it": ["src/webview/"],
  dockerode: ["src/runtime/docker/"],
  "node-pty": ["src/runtime/machine/"],
  openai: ["src/llm/openai.ts"],
  preact: ["src/webview/"],
  shiki: ["src/extension/highlighter/"],
  "tar-stream": ["src/runtime/machine/", "src/runtime/workspaceCopy/", "src/runtime/docker/"],
  ws: ["src/server/", "src/host/remote/"],
  zod: [
    "src/protocol/",
    "src/llm/",
    "src/runtime/machine/",
    "src/runtime/docker/",
    "src/runtime/workspaceCopy/",
    "src/runtime/remote/",
    "src/conversation/",
    "src/host/remote/",
    "src/server/",
    "src/tools/",
    "src/webview/",
    ...programs,
  ],
};

/** Not a package but VS Code itself. */
export const vscode: readonly string[] = ["src/extension/"];

const machine = ["src/runtime/machine/", "src/runtime/docker/", "src/runtime/workspaceCopy/", ...programs];
const network = ["src/runtime/remote/", "src/runtime/docker/", "src/server/", ...programs];
/** The demo reads its recorded replies and looks at the sample workspace. */
const disk = [
  "src/conversation/",
  "src/llm/demo.ts",
  "src/server/storage/",
  "src/runtime/machine/",
  "src/runtime/docker/",
  "src/runtime/workspaceCopy/",
  ...programs,
];
const anywhere = ["src/llm/", "src/runtime/", "src/tools/", "src/conversation/", "src/agent/", "src/host/", "src/server/", ...programs];

/** Where each of Node's modules may be imported. Protocol and webview run without Node, so they have none. */
export const nodeModules: Readonly<Record<string, readonly string[]>> = {
  "node:async_hooks": anywhere,
  "node:buffer": anywhere,
  "node:child_process": machine,
  "node:console": programs,
  "node:crypto": anywhere,
  "node:dns": ["src/server/mcp/"],
  "node:events": anywhere,
  "node:fs": disk,
  "node:fs/promises": disk,
  "node:http": [...network, "src/llm/httpPost.ts"],
  "node:http2": network,
  "node:https": [...network, "src/llm/httpPost.ts"],
  "node:module": programs,
  "node:net": network,
  "node:os": [...machine, "src/conversation/leaseOwner.ts"],
  "node:path": anywhere,
  "node:path/posix": anywhere,
  "node:perf_hooks": anywhere,
  "node:process": programs,
  "node:readline": anywhere,
  "node:readline/promises": anywhere,
  "node:stream": anywhere,
  "node:stream/consumers": anywhere,
  "node:stream/promises": anywhere,
  "node:stream/web": anywhere,
  "node:string_decoder": anywhere,
  "node:timers/promises": anywhere,
  "node:tls": network,
  "node:tty": programs,
  "node:url": anywhere,
  "node:util": anywhere,
  "node:v8": programs,
  "node:vm": ["src/runtime/timeLimited.ts", "sandbox-server/tidyMemory.ts"],
  "node:worker_threads": ["src/extension/highlighter/"],
  "node:zlib": anywhere,
};

/** Only these look at the environment: a door reads its settings from it, and a shell is given one. */
export const environmentReaders: readonly string[] = [...programs, "src/runtime/machine/"];

export const maxLines = 300;

/** The room that a path is in, or undefined. */
export function roomOf(path: string): string | undefined {
  const [first, second, third] = path.split("/");
  if (first === "sandbox-server") return first;
  return first === "src" && third !== undefined ? second : undefined;
}

/** The folder of a room, from the root of the project. */
export function folderOf(room: string): string {
  return room === "sandbox-server" ? room : `src/${room}`;
}
