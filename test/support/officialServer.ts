// A small server that speaks the agent-server protocol as the official one does, with an agent that the test plays, and with its faults.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type WebSocket, WebSocketServer } from "ws";
import * as z from "zod";

const folders = { items: [{ name: "project", path: "/home/dev/project" }], next_page_id: null };
const Spoken = z.object({ llm_message: z.object({ content: z.array(z.object({ text: z.string() })) }) });
type Json = Record<string, unknown>;

export interface OfficialOptions {
  readonly key?: string;
  readonly version?: string | null;
  readonly usableTools?: readonly string[];
  readonly port?: number;
  /** The server sees no key in headers of sockets, as behind some proxies. */
  readonly losesHeaders?: boolean;
  /** Its zone lies so many hours before this machine's. */
  readonly hoursBehind?: number;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Json | undefined;
  readonly headers: IncomingMessage["headers"];
}

interface Kept {
  readonly info: Json;
  readonly log: Json[];
}

/** Plays the agent when a run is asked for. */
export type Player = (server: OfficialServer, id: string) => void;

export class OfficialServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly conversations = new Map<string, Kept>();
  /** So many requests are answered with 500 first. */
  failures = 0;
  /** Each frame goes out so often. */
  copies = 1;
  /** All of the log is sent anew to each socket, whatever it asks for. */
  repeatsAll = false;
  onRun: Player = () => undefined;
  readonly #options: OfficialOptions;
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #listening = new Map<WebSocket, string>();
  #clock = 0;

  private constructor(options: OfficialOptions) {
    this.#options = options;
    this.#http.on("upgrade", (request, socket, head) => {
      const url = new URL(request.url ?? "", "http://server");
      const isIn = this.#options.key === undefined || request.headers["x-session-api-key"] === this.#options.key;
      if (!isIn && !options.losesHeaders) {
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (opened) => void this.#opened(opened, url));
    });
  }

  static async open(options: OfficialOptions = {}): Promise<OfficialServer> {
    const server = new OfficialServer(options);
    server.#http.listen(options.port ?? 0, "127.0.0.1");
    await once(server.#http, "listening");
    return server;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many sockets are open. */
  get followers(): number {
    return this.#listening.size;
  }

  begin(given: Json = {}): string {
    const { conversation_id: id = randomUUID() } = given;
    if (typeof id !== "string") throw new TypeError("An id is a text.");
    const at = new Date().toISOString();
    const {
      workspace = { kind: "LocalWorkspace", working_dir: "/workspace" },
      agent = { kind: "Agent", llm: { model: "m", base_url: null } },
    } = given;
    const info = {
      id,
      title: null,
      execution_status: "idle",
      workspace,
      agent,
      max_iterations: 500,
      confirmation_policy: given["confirmation_policy"] ?? { kind: "NeverConfirm" },
      security_analyzer: null,
      stats: { usage_to_metrics: {} },
      created_at: at,
      updated_at: at,
      tags: {},
    };
    this.conversations.set(id, { info, log: [] });
    return id;
  }

  /** Keeps an event and tells it; what is missing of it is made up. Returns its id. */
  append(id: string, event: Json, { isTold = true } = {}): string {
    const kept = this.conversations.get(id);
    if (kept === undefined) throw new Error(`There is no conversation ${id}.`);
    const whole = this.#stamped(event);
    kept.log.push(whole);
    if (event["kind"] === "ConversationStateUpdateEvent") kept.info[String(event["key"])] = event["value"];
    if (isTold) this.tell(id, whole);
    return String(whole["id"]);
  }

  status(id: string, value: string): void {
    this.append(id, { kind: "ConversationStateUpdateEvent", source: "environment", key: "execution_status", value });
    if (value !== "running") this.tellState(id);
  }

  say(id: string, text: string, source: "agent" | "user" = "agent"): string {
    const role = source === "agent" ? "assistant" : "user";
    return this.append(id, { kind: "MessageEvent", source, llm_message: { role, content: [{ type: "text", text }] } });
  }

  /** Of all messages of its log. */
  textsOf(id: string): string[] {
    return (this.conversations.get(id)?.log ?? []).map((event) => Spoken.parse(event).llm_message.content[0]?.text ?? "");
  }

  tellState(id: string): void {
    this.tell(
      id,
      this.#stamped({
        kind: "ConversationStateUpdateEvent",
        source: "environment",
        key: "full_state",
        value: this.conversations.get(id)?.info,
      }),
    );
  }

  /** Sends it to who follows the conversation, and keeps nothing. */
  tell(id: string, frame: Json): void {
    for (const [socket, followed] of this.#listening)
      if (followed === id) for (let copy = 0; copy < this.copies; copy++) socket.send(JSON.stringify(frame));
  }

  /** The connections break; the server stays. */
  drop(): void {
    for (const socket of this.#listening.keys()) socket.terminate();
    this.#listening.clear();
  }

  askedFor(method: string, ending: string): Asked[] {
    return this.asked.filter((one) => one.method === method && one.path.endsWith(ending));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#http.listening) return;
    const closed = once(this.#http, "close");
    this.#http.close();
    this.drop();
    this.#http.closeAllConnections();
    await closed;
  }

  #stamped(event: Json): Json {
    // Naive and in the server's zone; each later than the one before.
    const ms = Math.max(Date.now(), this.#clock + 1);
    this.#clock = ms;
    const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000 - (this.#options.hoursBehind ?? 0) * 3_600_000);
    return { id: randomUUID(), timestamp: `${local.toISOString().slice(0, 23)}000`, ...event };
  }

  async #opened(socket: WebSocket, url: URL): Promise<void> {
    const id = url.pathname.split("/").at(-1) ?? "";
    if (this.#options.losesHeaders) {
      const frame = await once(socket, "message", { signal: AbortSignal.timeout(5_000) }).then(String, () => "{}");
      if (JSON.parse(frame).session_api_key !== this.#options.key) return socket.close(4001);
    }
    const kept = this.conversations.get(id);
    if (kept === undefined) return socket.close(4004);
    this.#listening.set(socket, id);
    socket.on("close", () => this.#listening.delete(socket));
    socket.send(
      JSON.stringify(this.#stamped({ kind: "ConversationStateUpdateEvent", source: "environment", key: "full_state", value: kept.info })),
    );
    const after = url.searchParams.get("after_timestamp") ?? "";
    const isAsked = url.searchParams.get("resend_mode") === "since";
    for (const event of kept.log)
      if (this.repeatsAll || (isAsked && String(event["timestamp"]) >= after)) socket.send(JSON.stringify(event));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://server");
    const body = request.headers["content-length"] || request.headers["transfer-encoding"] ? ((await json(request)) as Json) : undefined;
    const method = request.method ?? "";
    this.asked.push({ method, path: url.pathname, body, headers: request.headers });
    const { status, answer } = this.#answer(method, url, { body, headers: request.headers });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  #answer(
    method: string,
    url: URL,
    { body = {}, headers }: { body: Json | undefined; headers: IncomingMessage["headers"] },
  ): { status: number; answer: unknown } {
    const { key, version = "1.43.1", usableTools = ["terminal", "file_editor", "task_tracker", "glob", "grep"] } = this.#options;
    if (url.pathname === "/server_info")
      return { status: 200, answer: { version, usable_tools: usableTools, python_version: "3.13", strange: null } };
    if (key !== undefined && headers["x-session-api-key"] !== key) return { status: 401, answer: { detail: "Unauthorized" } };
    if (this.failures > 0) {
      this.failures--;
      return { status: 500, answer: { detail: "Internal Server Error", exception: "empty file" } };
    }
    const [, , what, id = "", ...rest] = url.pathname.split("/");
    if (what === "file") return { status: 200, answer: id === "home" ? { home: "/home/dev", favorites: [], locations: [] } : folders };
    if (what !== "conversations") return { status: 404, answer: { detail: "Not Found" } };
    if (id === "" && method === "POST") return { status: 201, answer: this.conversations.get(this.begin(body))?.info };
    if (id === "count") return { status: 200, answer: this.conversations.size };
    if (id === "search")
      return { status: 200, answer: { items: [...this.conversations.values()].map(({ info }) => info), next_page_id: null } };
    const kept = this.conversations.get(id);
    if (kept === undefined) return { status: method === "DELETE" ? 400 : 404, answer: { detail: "Not Found" } };
    return this.#answerFor(kept, { id, what: rest.join("/"), method, query: url.searchParams, body });
  }

  #answerFor(
    { info, log }: Kept,
    { id, what, method, query, body }: { id: string; what: string; method: string; query: URLSearchParams; body: Json },
  ): { status: number; answer: unknown } {
    const success = { status: 200, answer: { success: true } };
    switch (`${method} ${what}`) {
      case "GET ":
        return { status: 200, answer: info };
      case "PATCH ":
        info["title"] = body["title"];
        return success;
      case "DELETE ":
        this.conversations.delete(id);
        return success;
      case "GET events/count":
        return { status: 200, answer: log.length };
      case "GET events/search":
        return { status: 200, answer: pageOf(log, query) };
      case "POST events": {
        this.append(id, { kind: "MessageEvent", source: "user", llm_message: { role: body["role"], content: body["content"] } });
        if (body["run"] === true) this.#run(id);
        return success;
      }
      case "POST run":
        if (info["execution_status"] === "running") return { status: 409, answer: { detail: "already running" } };
        this.#run(id);
        return success;
      case "POST events/respond_to_confirmation":
        if (body["accept"] === true) this.#run(id);
        else this.status(id, "idle");
        return success;
      case "POST interrupt":
        this.status(id, "paused");
        return success;
      case "POST switch_llm":
        info["agent"] = { kind: "Agent", llm: body["llm"] };
        return success;
      default:
        return success;
    }
  }

  /** It answers first, and begins a moment later. */
  #run(id: string): void {
    setImmediate(() => {
      this.status(id, "running");
      this.onRun(this, id);
    });
  }
}

function pageOf(log: readonly Json[], query: URLSearchParams): { items: unknown[]; next_page_id: unknown } {
  const sorted = query.get("sort_order") === "TIMESTAMP_DESC" ? log.toReversed() : log;
  const from = Math.max(
    0,
    sorted.findIndex((event) => event["id"] === query.get("page_id")),
  );
  const end = from + Number(query.get("limit") ?? 100);
  return { items: sorted.slice(from, end), next_page_id: sorted[end]?.["id"] ?? null };
}
