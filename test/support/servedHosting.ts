// Conversations behind the agent-server protocol, served on loopback in this process, with a model that is given.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreOptions } from "../../src/conversation/store.ts";
import type { Llm } from "../../src/llm/llm.ts";
import { scriptedLlm } from "../../src/llm/scripted.ts";
import { AgentConfig, type LlmConfig } from "../../src/protocol/agentServer/agent.ts";
import { noLog } from "../../src/protocol/log.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import { hostingRoutes } from "../../src/server/hosting/app.ts";
import type { Hosting } from "../../src/server/hosting/hosting.ts";
import type { Lookups } from "../../src/server/hosting/lookups.ts";
import { openHosted } from "../../src/server/hosting/openHosted.ts";
import { listen } from "../../src/server/listen.ts";
import type { Cipher } from "../../src/server/secrets/cipher.ts";

export interface ServedOptions {
  /** How the model answers; says "Done." when absent. */
  readonly openLlm?: (config: LlmConfig | undefined) => Llm;
  readonly lookups?: Partial<Lookups>;
  readonly cipher?: Cipher;
  readonly mostConversations?: number;
  readonly mostRuns?: number;
  /** Whether secrets may be looked up on this machine. */
  readonly reachesInside?: boolean;
  readonly store?: StoreOptions;
  /** Where all is kept; absent: a temporary folder that goes with the server. */
  readonly folder?: string;
}

export interface Answered {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
  readonly body: any;
}

export interface ServedHosting extends AsyncDisposable {
  readonly url: string;
  readonly hosting: Hosting;
  /** All is below it; `workspace` in it is a folder to work in. */
  readonly folder: string;
  readonly workspace: string;
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** A new conversation in the workspace, with `more` in its request; its id. */
  begin(more?: Readonly<Record<string, unknown>>): Promise<string>;
}

export const testAgent = {
  kind: "Agent",
  llm: { model: "scripted", usage_id: "agent" },
  tools: [{ name: "terminal" }, { name: "file_editor" }],
};

const noLookups: Lookups = {
  profile: async () => undefined,
  agentProfile: async () => undefined,
  agentOfSettings: async (settings) => AgentConfig.parse(settings),
  secret: async () => undefined,
};

export async function serveHosting(options: ServedOptions = {}): Promise<ServedHosting> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "hosting-")));
  const workspace = join(folder, "workspace");
  const root = join(folder, "conversations");
  await mkdir(workspace, { recursive: true });
  const llmOf = options.openLlm ?? (() => scriptedLlm([{ text: "Done." }]));
  const hosted = openHosted({
    root,
    ...(options.store && { store: options.store }),
    openLlm: async (_ref, _folder, config) => llmOf(config),
    openModel: async (config) => llmOf(config),
    openRuntime: ({ workingDir }) => openMachineRuntime({ workingDir, wall: "test" }),
    lookups: { ...noLookups, ...options.lookups },
    cipher: options.cipher,
    mostConversations: options.mostConversations,
    mostRuns: options.mostRuns,
    runtime: { kind: "local" },
    reach: { inside: options.reachesInside ?? false },
    workspace,
    worktreeRoot: join(folder, "worktrees"),
    log: noLog,
  });
  const { hosting } = hosted;
  const { app } = hostingRoutes(hosting);
  const listening = await listen({ app, host: "127.0.0.1", port: 0, gate: () => () => undefined, log: noLog });
  const url = `http://127.0.0.1:${listening.port}`;
  const ask: ServedHosting["ask"] = async (method, path, body, headers = {}) => {
    const text = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(url + path, { method, body: text, headers: { "content-type": "application/json", ...headers } });
    return { status: response.status, body: parse(await response.text()) };
  };
  return {
    url,
    hosting,
    folder,
    workspace,
    ask,
    begin: async (more = {}) => {
      const request = { workspace: { working_dir: workspace }, agent: testAgent, ...more };
      const { status, body } = await ask("POST", "/api/conversations", request);
      if (status !== 201) throw new Error(`No conversation was begun: ${status} ${JSON.stringify(body)}`);
      return body.id;
    },
    [Symbol.asyncDispose]: async () => {
      await listening[Symbol.asyncDispose]();
      await hosted[Symbol.asyncDispose]();
      if (options.folder === undefined) await rm(folder, { recursive: true });
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
