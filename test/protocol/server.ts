// A built sandbox-server on a port, with a model and the official client before it.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type HeadlessServer, startHeadless } from "../support/headlessServer.ts";
import { until } from "../support/until.ts";
import { tempFolder } from "../support/workspaces.ts";
import { AgentServerClient, HttpError } from "./officialClient.ts";
import { type PlayedModel, startPlayedModel } from "./playedModel.ts";

/** What `stage.wire` answers, without any client's opinion of it. */
export interface OnWire {
  readonly status: number;
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface Stage extends AsyncDisposable {
  readonly server: HeadlessServer;
  readonly model: PlayedModel;
  readonly client: AgentServerClient;
  /** Where conversations act unless told otherwise. */
  readonly workspace: string;
  readonly dataFolder: string;
  wire(method: string, route: string, json?: unknown, headers?: Readonly<Record<string, string>>): Promise<OnWire>;
  /** A new one with the usual tools, that was not told anything yet. Its id. */
  conversation(more?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Sends it to the model. */
  say(id: string, text: string, run?: boolean): Promise<void>;
  status(id: string): Promise<string>;
  untilStatus(id: string, ...statuses: readonly string[]): Promise<string>;
  /** Says it and waits for the end of the run. */
  play(id: string, text: string): Promise<string>;
  /** All events in order, nulls omitted. */
  events(id: string): Promise<WireEvent[]>;
  /** Ends the server and starts another one over the same data. */
  restart(signal?: NodeJS.Signals): Promise<void>;
}

export interface WireEvent {
  readonly id: string;
  readonly kind: string;
  readonly timestamp: string;
  readonly [key: string]: ReturnType<typeof JSON.parse>;
}

export const tools = [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }];
const restStates = ["finished", "error", "stuck", "paused", "waiting_for_confirmation"];

export interface StageOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export async function openStage({ env = {}, args = [] }: StageOptions = {}): Promise<Stage> {
  const folder = await tempFolder();
  const workspace = path.join(folder.path, "workspace");
  const home = path.join(folder.path, "home");
  const dataFolder = path.join(folder.path, "data");
  await Promise.all([workspace, home].map((place) => mkdir(place)));
  const model = await startPlayedModel();
  const secrets = { OH_SECRET_KEY: "a-secret-key-of-the-tests" };
  const start = () =>
    startHeadless({
      workspace,
      program: "dist/sandbox-server.js",
      args,
      env: { HOME: home, OH_PERSISTENCE_DIR: dataFolder, ...secrets, ...env },
    });
  return new OpenStage(folder, { model, workspace, dataFolder, start, server: await start() });
}

interface Parts extends Pick<Stage, "model" | "workspace" | "dataFolder" | "server"> {
  start(): Promise<HeadlessServer>;
}

class OpenStage implements Stage {
  readonly model: PlayedModel;
  readonly workspace: string;
  readonly dataFolder: string;
  readonly #folder: AsyncDisposable;
  readonly #start: () => Promise<HeadlessServer>;
  #server: HeadlessServer;
  #client: AgentServerClient;

  constructor(folder: AsyncDisposable, { model, workspace, dataFolder, start, server }: Parts) {
    this.#folder = folder;
    this.model = model;
    this.workspace = workspace;
    this.dataFolder = dataFolder;
    this.#start = start;
    this.#server = server;
    this.#client = clientOf(server);
  }

  get server(): HeadlessServer {
    return this.#server;
  }

  get client(): AgentServerClient {
    return this.#client;
  }

  wire(method: string, route: string, json?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<OnWire> {
    return this.#server.ask(route, { method, json, headers });
  }

  async conversation(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return (await this.#client.conversations.createConversation(startOf(this, more))).id;
  }

  say(id: string, text: string, run = true): Promise<void> {
    return this.#client.conversations.sendEvent(id, { role: "user", content: [{ type: "text", text }] }, { run });
  }

  async status(id: string): Promise<string> {
    return (await this.#client.conversations.getConversation(id)).execution_status;
  }

  untilStatus(id: string, ...statuses: readonly string[]): Promise<string> {
    return until(`the conversation to be ${statuses.join(" or ")}`, async () => {
      const found = await this.status(id);
      return statuses.includes(found) && found;
    });
  }

  async play(id: string, text: string): Promise<string> {
    await this.say(id, text);
    return this.untilStatus(id, ...restStates);
  }

  async events(id: string): Promise<WireEvent[]> {
    const all: WireEvent[] = [];
    let page: string | null | undefined;
    do {
      const found = await this.#client.conversations.searchEvents(id, { limit: 100, ...(page == null ? {} : { page_id: page }) });
      all.push(...found.items.map((event) => ({ ...event })));
      page = found.next_page_id;
    } while (page != null);
    return all;
  }

  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (signal !== "SIGTERM") this.#server.child.kill(signal);
    await this.#server[Symbol.asyncDispose]();
    this.#server = await this.#start();
    this.#client = clientOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.model[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function clientOf({ url, key }: HeadlessServer): AgentServerClient {
  return new AgentServerClient({ host: url, apiKey: key });
}

/** A request to start a conversation, as the official client's own tests send it. */
export function startOf({ model, workspace }: Pick<Stage, "model" | "workspace">, more: Readonly<Record<string, unknown>> = {}) {
  return {
    agent: { kind: "Agent", llm: model.llm(), tools },
    workspace: { kind: "LocalWorkspace", working_dir: workspace },
    autotitle: false,
    ...more,
  };
}

/** The status with which the server refused; fails when it did not. */
export async function refusal(asked: Promise<unknown>): Promise<number> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
  throw new Error("The server did not refuse.");
}

/** What a log of events is read by: state updates by their key, everything else by its kind. */
export function kinds(events: readonly WireEvent[]): string[] {
  return events.map(({ kind, key }) => (kind === "ConversationStateUpdateEvent" ? String(key) : kind));
}

/** One stage for all tests of a suite. */
export function withStage(use: (stage: Stage) => void, options?: StageOptions): void {
  let stage: Stage | undefined;
  before(async () => {
    stage = await openStage(options);
    use(stage);
  });
  after(() => stage?.[Symbol.asyncDispose]());
}
