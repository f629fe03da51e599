import type { ChatSession, ChatUpdate } from "../../src/protocol/chat.ts";
import { type Classification, parseEvent } from "../../src/protocol/events.ts";
import { initialState, reduceState } from "../../src/protocol/state.ts";

/** Builders of what the extension sends. They are plain JSON, so the view's own parsing is tested with them. */

export const conversationId = "11111111-1111-4111-8111-111111111111";
export const workingDir = "/home/me/project";

export function session(change: Partial<Record<keyof ChatSession, unknown>> = {}): ChatUpdate {
  const base = {
    conversationId,
    readiness: "ready",
    modelLabel: "gpt-5",
    isDemo: false,
    isDemoWorkspace: false,
    wall: "Local · no sandbox",
    mode: "risky",
    folders: [workingDir],
    draft: "",
    workingDir,
    sampleTasks: ["Explain how this project is built", "Find and fix a failing test", "Add a README section on setup"],
  };
  return { type: "session", session: { ...base, ...change } } as ChatUpdate;
}

type Json = Record<string, unknown>;

/** A conversation that is written event by event; `updates` is what the extension would send of it. */
export class Story {
  readonly #notifications: Json[] = [];
  readonly #events: Json[] = [];
  readonly #conversationId: string;
  #now: number;
  #ids = 0;

  /** `startedMsAgo`: how long ago the first event was. */
  constructor(startedMsAgo = 60_000, id: string = conversationId) {
    this.#now = Date.now() - startedMsAgo;
    this.#conversationId = id;
  }

  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  user(text: string, images: readonly string[] = []): this {
    return this.#message("user", {
      role: "user",
      content: [...texts(text), ...images.map((url) => ({ type: "image", image_urls: [url] }))],
    });
  }

  /** `reasoningMs`: for how long it thought. */
  agent(text: string, reasoning = "", reasoningMs?: number): this {
    const message = { role: "assistant", content: texts(text), ...(reasoning === "" ? {} : { reasoning_content: reasoning }) };
    return this.#message("agent", message, reasoningMs === undefined ? {} : { reasoning_ms: reasoningMs });
  }

  status(value: string): this {
    return this.state("execution_status", value);
  }

  state(key: string, value: unknown): this {
    this.#append({ kind: "ConversationStateUpdateEvent", source: "environment", key, value });
    return this;
  }

  /** `cost` is in dollars; null when it is not known. `contextWindow` 0: not known. */
  usage(prompt: number, completion: number, cost?: number | null, contextWindow = 0): this {
    const counts = { prompt_tokens: prompt, completion_tokens: completion, cache_read_tokens: 0, reasoning_tokens: 0 };
    const usage = { ...counts, per_turn_token: prompt + completion, context_window: contextWindow };
    return this.state("stats", { usage_to_metrics: { agent: { accumulated_cost: cost, accumulated_token_usage: usage } } });
  }

  /** The task list as the agent sets it: the states of its tasks by their titles. */
  tasks(tasks: Readonly<Record<string, string>>): this {
    const task_list = Object.entries(tasks).map(([title, status]) => ({ title, notes: "", status }));
    const id = this.action("task_tracker", { kind: "TaskTrackerAction", command: "plan", task_list });
    return this.observed(id, { kind: "TaskTrackerObservation", command: "plan", task_list, ...content("Updated.", false) });
  }

  /** What is being made ready; empty when it is. */
  phase(phase: string): this {
    return this.#notify({ type: "runtime.phase", phase });
  }

  /** The sandbox has gone. */
  lost(message: string): this {
    return this.#notify({ type: "runtime.lost", message });
  }

  readOnly(reason: string, message = ""): this {
    return this.#notify({ type: "access.changed", access: "read", reason, message });
  }

  deleted(): this {
    return this.#notify({ type: "conversation.deleted" });
  }

  /** Appends an action and gives its id. */
  action(tool: string, action: Json, extra: Json = {}): string {
    return this.#append({
      kind: "ActionEvent",
      source: "agent",
      thought: [],
      thinking_blocks: [],
      action,
      tool_name: tool,
      tool_call_id: `call-${this.#ids}`,
      tool_call: { id: `call-${this.#ids}`, name: tool, arguments: JSON.stringify(action), origin: "completion" },
      llm_response_id: "response",
      security_risk: "UNKNOWN",
      ...extra,
    });
  }

  terminal(command: string, extra: Json = {}): string {
    return this.action("terminal", { kind: "TerminalAction", command }, extra);
  }

  file(command: string, path: string, extra: Json = {}): string {
    return this.action("file_editor", { kind: "FileEditorAction", command, path: `${workingDir}/${path}`, ...extra });
  }

  terminalDone(actionId: string, text: string, exitCode = 0): this {
    const metadata = { exit_code: exitCode, pid: 1, prefix: "", suffix: "" };
    const { action } = this.#events.find(({ id }) => id === actionId) ?? {};
    return this.observed(actionId, {
      kind: "TerminalObservation",
      command: Reflect.get(Object(action), "command"),
      exit_code: exitCode,
      timeout: false,
      metadata,
      ...content(text, exitCode !== 0),
    });
  }

  fileDone(actionId: string, command: string, path: string, extra: Json = {}): this {
    const text = typeof extra["text"] === "string" ? extra["text"] : "1\texport {};";
    return this.observed(actionId, {
      kind: "FileEditorObservation",
      command,
      path: `${workingDir}/${path}`,
      prev_exist: true,
      ...content(text, false),
      ...extra,
    });
  }

  /** A file that was looked at. */
  read(path: string, text = "1\texport {};"): this {
    const id = this.file("view", path);
    return this.wait(40).fileDone(id, "view", path, { text });
  }

  edited(path: string, before: string, after: string): this {
    const id = this.file("str_replace", path, { old_str: before, new_str: after });
    return this.wait(30).fileDone(id, "str_replace", path, { old_content: before, new_content: after });
  }

  observed(actionId: string, observation: Json): this {
    this.#append({
      kind: "ObservationEvent",
      source: "environment",
      tool_name: "t",
      tool_call_id: "c",
      observation,
      action_id: actionId,
      extended_content: [],
    });
    return this;
  }

  rejected(actionId: string, reason: string): this {
    const kind = "UserRejectObservation";
    this.#append({
      kind,
      source: "user",
      tool_name: "t",
      tool_call_id: "c",
      action_id: actionId,
      rejection_reason: reason,
      rejection_source: "user",
    });
    return this;
  }

  think(thought: string): this {
    const id = this.action("think", { kind: "ThinkAction", thought });
    return this.observed(id, { kind: "ThinkObservation", ...content("Your thought has been logged.", false) });
  }

  finish(message: string): this {
    const id = this.action("finish", { kind: "FinishAction", message });
    return this.observed(id, { kind: "FinishObservation", ...content(message, false) });
  }

  condensed(summary: string): this {
    this.#append({ kind: "Condensation", source: "environment", forgotten_event_ids: [], summary, llm_response_id: "r" });
    return this;
  }

  hook(fields: object): this {
    const ran = { success: true, blocked: false, exit_code: 0, stdout: "", stderr: "" };
    const of = { kind: "HookExecutionEvent", source: "hook", hook_event_type: "PreToolUse", hook_command: "./guard.sh" } as const;
    this.#append({ ...of, ...ran, tool_name: "terminal", ...fields });
    return this;
  }

  failed(code: string, detail: string, classification: Classification): this {
    this.#append({ kind: "ConversationErrorEvent", source: "environment", code, detail, classification });
    return this.status("error");
  }

  paused(): this {
    this.status("paused");
    this.#append({ kind: "PauseEvent", source: "user" });
    return this;
  }

  stopped(): this {
    this.status("paused");
    this.#append({ kind: "InterruptEvent", source: "user" });
    return this;
  }

  delta(text: string, reasoning = ""): this {
    return this.#notify({ type: "delta", content: text, reasoning_content: reasoning });
  }

  live(actionId: string, text: string): this {
    return this.#notify({ type: "terminal.output", actionId, text });
  }

  modelWaits(reason: string, retryInMs: number): this {
    return this.#notify({ type: "llm.waiting", reason, retryInMs });
  }

  /** What has been written since the last call. */
  take(): ChatUpdate {
    return { type: "notifications", notifications: this.#notifications.splice(0) } as unknown as ChatUpdate;
  }

  /** How many events there are. */
  get size(): number {
    return this.#events.length;
  }

  /** The state after all events, and those from `firstSeq` on. Nothing of them is left for `take`. */
  snapshot(firstSeq = 0): ChatUpdate {
    this.#notifications.length = 0;
    const state = this.#events.reduce((before, event) => reduceState(before, parseEvent(event)), initialState);
    const snapshot = { state, firstSeq, events: this.#events.slice(firstSeq) };
    return { type: "snapshot", conversationId: this.#conversationId, snapshot } as unknown as ChatUpdate;
  }

  /** The events from `firstSeq` up to the one before `beforeSeq`. */
  page(firstSeq: number, beforeSeq: number): ChatUpdate {
    const events = this.#events.slice(firstSeq, beforeSeq);
    return { type: "page", conversationId: this.#conversationId, firstSeq, events } as unknown as ChatUpdate;
  }

  #message(source: string, message: Json, extra: Json = {}): this {
    this.#append({ kind: "MessageEvent", source, llm_message: message, activated_skills: [], extended_content: [], ...extra });
    return this;
  }

  #append(event: Json): string {
    const id = `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, "0")}`;
    const whole = { id, timestamp: localTimestamp(this.#now), ...event };
    this.#events.push(whole);
    this.#notify({ type: "event.appended", seq: this.#events.length - 1, event: whole });
    return id;
  }

  #notify(notification: Json): this {
    this.#notifications.push({ conversationId: this.#conversationId, ...notification });
    return this;
  }
}

function texts(text: string): Json[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function content(text: string, isError: boolean): Json {
  return { content: [{ type: "text", text }], is_error: isError };
}

function localTimestamp(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, -1)}000`;
}
