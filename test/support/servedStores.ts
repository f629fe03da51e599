// Settings, secrets and profiles behind the agent-server protocol, over a folder that is given.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import type { Llm } from "../../src/llm/llm.ts";
import { scriptedLlm } from "../../src/llm/scripted.ts";
import type { LlmConfig } from "../../src/protocol/agentServer/agent.ts";
import type { Log } from "../../src/protocol/log.ts";
import { addErrors } from "../../src/server/answers.ts";
import { Routes } from "../../src/server/routes.ts";
import { addKept } from "../../src/server/settings/addKept.ts";
import { openStores } from "../../src/server/settings/openStores.ts";
import type { Stores } from "../../src/server/settings/stores.ts";

export interface ServedStores {
  readonly stores: Stores;
  /** All that was answered and logged so far, as text. */
  readonly told: readonly string[];
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
  readonly body: any;
}

export interface ServedStoresOptions {
  readonly secretKey?: string;
  /** Answers "Done." when absent. */
  readonly openModel?: (llm: LlmConfig) => Promise<Llm>;
  readonly skills?: readonly string[];
}

export function serveStores(folder: string, options: ServedStoresOptions = {}): ServedStores {
  const told: string[] = [];
  const log = toldLog(told);
  const stores = openStores(folder, options.secretKey);
  const routes = new Routes(new Hono({ strict: false }));
  addErrors(routes.app, log);
  addKept(routes, stores, {
    openModel: options.openModel ?? (async () => scriptedLlm([{ text: "Done." }])),
    skillNames: async () => options.skills ?? [],
    log,
  });
  return {
    stores,
    told,
    ask: async (method, path, body, headers = {}) => {
      const init = { method, headers: { "content-type": "application/json", ...headers } };
      const response = await routes.app.request(path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
      const text = await response.text();
      told.push(text);
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
      return { status: response.status, body: isJson ? JSON.parse(text) : text };
    },
  };
}

function toldLog(told: string[]): Log {
  const tell = (message: string, fields?: object): void => void told.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: tell, info: tell, warn: tell, error: tell };
}

/** The content of all files below a folder, by relative path. */
export async function filesBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, "utf8")] as const));
  return Object.fromEntries(texts);
}
