import { type EventDraft, newEventId, stateUpdate } from "../../conversation/stamp.ts";
import { type HookConfig, type HookDefinition, type HookEventType, hasHooks } from "../../protocol/agentServer/hooks.ts";
import { type TextContent, textContent } from "../../protocol/content.ts";
import type { ActionEvent, ObservationEvent } from "../../protocol/events.ts";
import type { EventId } from "../../protocol/ids.ts";
import type { ConversationState } from "../../protocol/state.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { nudge } from "../nudges.ts";
import { hooksFor } from "./matching.ts";
import { type HookInput, type HookOutcome, runHook } from "./runHook.ts";
import { shortenedTexts } from "./shortenedTexts.ts";

export interface HooksOptions {
  readonly config: HookConfig;
  /** Where the agent acts. */
  readonly runtime: Runtime;
  readonly sessionId: string;
  /** Hides the conversation's secrets. */
  readonly mask: (text: string) => string;
}

/** What hooks say of a message of the person's. */
export interface MessageVerdict {
  /** Stand before the message. */
  readonly events: readonly EventDraft[];
  /** For the model, with the message. */
  readonly context: readonly TextContent[];
}

type About = Partial<Pick<HookInput, "tool_name" | "tool_input" | "tool_response" | "message" | "metadata">> & {
  readonly actionId?: EventId;
  readonly messageId?: EventId;
};

interface Ran {
  readonly events: readonly EventDraft[];
  /** Why it is forbidden; undefined when it is not. */
  readonly forbidden?: string;
  readonly context: readonly string[];
}

/** Characters of each text in what is kept of a hook. */
const mostKept = 50_000;
const mostKeptInput = 10_000;
const mostResponse = 200_000;
const mostInBackground = 8;
/** Whoever closes a conversation is not kept waiting for long. */
const sessionEndMs = 5_000;

/**
 * The commands that a client has sent to be run at certain points of one conversation (agent-server protocol §6.11), where its agent acts. Each run of one
 * is an event. They run one after the other, and after one that forbids the rest do not. An abort ends what runs.
 */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #background = new Set<Promise<unknown>>();
  readonly #ended = new AbortController();
  #runtime: Runtime;
  #hasBegun = false;

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#runtime = options.runtime;
  }

  /** Undefined where there are none. */
  static of(options: Omit<HooksOptions, "config"> & { readonly config: HookConfig | undefined }): Hooks | undefined {
    const { config } = options;
    return config === undefined || !hasHooks(config) ? undefined : new Hooks({ ...options, config });
  }

  /** The agent acts in another one from now on. */
  moveTo(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  /** The first events of a conversation's hooks, once while it is open: which they are, where that is not in the log, and that it begins. */
  async begin({ hook_config }: ConversationState, signal: AbortSignal): Promise<readonly EventDraft[]> {
    if (this.#hasBegun) return [];
    this.#hasBegun = true;
    const told =
      JSON.stringify(hook_config) === JSON.stringify(this.#options.config) ? [] : [stateUpdate("hook_config", this.#options.config)];
    return [...told, ...(await this.#run("SessionStart", {}, signal)).events];
  }

  /** The conversation is closed: what runs in the background ends. Takes some seconds at most. */
  async end(): Promise<readonly EventDraft[]> {
    const late = AbortSignal.timeout(sessionEndMs);
    const ran = this.#hasBegun ? await this.#run("SessionEnd", {}, late).catch(() => nothingRan) : nothingRan;
    this.#ended.abort(new Error("The conversation was closed."));
    await Promise.allSettled(this.#background);
    return ran.events;
  }

  /** Before a message of the person's is kept, which will have the id `messageId`. A forbidden one is in `blocked_messages`. */
  async onMessage(
    message: string,
    messageId: EventId,
    { blocked_messages }: ConversationState,
    signal: AbortSignal,
  ): Promise<MessageVerdict> {
    const { events, forbidden, context } = await this.#run("UserPromptSubmit", { message, messageId }, signal);
    const blocked = forbidden === undefined ? [] : [stateUpdate("blocked_messages", { ...blocked_messages, [messageId]: forbidden })];
    return { events: [...events, ...blocked], context: context.map(textContent) };
  }

  /**
   * The events of a reply with what hooks say of each action before it. Forbidden actions are in `blocked_actions`. When aborted it does not reject: the
   * reply is kept, and the run ends before anything in it is done.
   */
  async beforeTools(
    drafts: readonly EventDraft[],
    { blocked_actions }: ConversationState,
    signal: AbortSignal,
  ): Promise<readonly EventDraft[]> {
    const guarded: EventDraft[] = [];
    let blocked = blocked_actions ?? {};
    for (const draft of drafts) {
      if (draft.kind !== "ActionEvent" || !draft.action || signal.aborted) {
        guarded.push(draft);
        continue;
      }
      const id = draft.id ?? newEventId();
      const about = { tool_name: draft.tool_name, tool_input: draft.action, actionId: id };
      const { events, forbidden } = await this.#run("PreToolUse", about, signal).catch(() => nothingRan);
      guarded.push(...events);
      if (forbidden !== undefined) {
        blocked = { ...blocked, [id]: forbidden };
        guarded.push(stateUpdate("blocked_actions", blocked));
      }
      guarded.push({ ...draft, id });
    }
    return guarded;
  }

  /** After an action, whose observation is kept already. */
  async afterTool(
    action: ActionEvent,
    { observation }: Pick<ObservationEvent, "observation">,
    signal: AbortSignal,
  ): Promise<readonly EventDraft[]> {
    const tool_response = shortenedTexts(observation, mostResponse);
    const about = { tool_name: action.tool_name, tool_input: action.action ?? null, tool_response, actionId: action.id };
    return (await this.#run("PostToolUse", about, signal)).events;
  }

  /** The agent wants to stop. When a hook forbids it the last event is a message for the model, which says why. */
  async onStop(signal: AbortSignal): Promise<{ readonly events: readonly EventDraft[]; readonly goesOn: boolean }> {
    const { events, forbidden, context } = await this.#run("Stop", { metadata: { reason: "finished" } }, signal);
    if (forbidden === undefined) return { events, goesOn: false };
    const why = context.length > 0 ? context.join("\n") : forbidden;
    return { events: [...events, nudge(`You may not stop yet, says a check of this conversation: ${why}`)], goesOn: true };
  }

  async #run(type: HookEventType, about: About, signal: AbortSignal): Promise<Ran> {
    const { config, sessionId } = this.#options;
    const runtime = this.#runtime;
    const { actionId, messageId, ...told } = about;
    const hooks = hooksFor(config, type, about.tool_name ?? undefined);
    const rest = { tool_name: null, tool_input: null, tool_response: null, message: null, metadata: {}, ...told };
    const input: HookInput = { event_type: type, ...rest, session_id: sessionId, working_dir: runtime.info.workingDir };
    const events: EventDraft[] = [];
    const context: string[] = [];
    for (const hook of hooks) {
      const outcome = hook.async ? this.#start(hook, input) : await runHook(hook, input, runtime, signal);
      events.push(this.#event(hook, type, about, outcome));
      if (outcome.additionalContext !== undefined) context.push(outcome.additionalContext.slice(0, mostKept));
      const mayForbid = type === "PreToolUse" || type === "UserPromptSubmit" || type === "Stop";
      if (outcome.blocked && mayForbid) return { events, context, forbidden: this.#why(outcome) };
    }
    return { events, context };
  }

  /** Nobody waits for it; it ends with the conversation. */
  #start(hook: HookDefinition, input: HookInput): HookOutcome {
    const started = { success: true, blocked: false, exitCode: 0, stdout: "", stderr: "" };
    if (this.#background.size >= mostInBackground)
      return {
        ...started,
        success: false,
        exitCode: -1,
        error: `It did not run: ${mostInBackground} hooks run in the background already.`,
      };
    const ended = runHook(hook, input, this.#runtime, this.#ended.signal)
      .catch(() => undefined)
      .finally(() => this.#background.delete(ended));
    this.#background.add(ended);
    return started;
  }

  #why({ reason, stderr }: HookOutcome): string {
    return this.#options.mask((reason ?? stderr.trim()).slice(0, mostKept)) || "A hook forbids it.";
  }

  #event({ command, name, type: kind }: HookDefinition, type: HookEventType, about: About, outcome: HookOutcome): EventDraft {
    const { actionId, messageId, metadata: _, ...input } = about;
    const { success, blocked, exitCode, stdout, stderr, reason, additionalContext, error } = outcome;
    return {
      kind: "HookExecutionEvent",
      source: "hook",
      hook_event_type: type,
      hook_command: command || `${kind}-hook${name ? `:${name}` : ""}`,
      success,
      blocked,
      exit_code: exitCode,
      stdout: stdout.slice(0, mostKept),
      stderr: stderr.slice(0, mostKept),
      ...(about.tool_name ? { tool_name: about.tool_name } : {}),
      ...(reason === undefined ? {} : { reason: reason.slice(0, mostKept) }),
      ...(additionalContext === undefined ? {} : { additional_context: additionalContext.slice(0, mostKept) }),
      ...(error === undefined ? {} : { error }),
      ...(actionId === undefined ? {} : { action_id: actionId }),
      ...(messageId === undefined ? {} : { message_id: messageId }),
      ...(Object.keys(input).length === 0 ? {} : { hook_input: shortenedTexts(input, mostKeptInput) }),
    };
  }
}

const nothingRan: Ran = { events: [], context: [] };

/** The result of an action that a hook has forbidden, in place of what it would have done; undefined when none has. */
export function blockedResult(
  { id, tool_name, tool_call_id }: ActionEvent,
  { blocked_actions = {} }: ConversationState,
): readonly EventDraft[] | undefined {
  const { [id]: reason, ...others } = blocked_actions;
  if (reason === undefined) return undefined;
  return [
    stateUpdate("blocked_actions", others),
    {
      kind: "UserRejectObservation",
      source: "environment",
      tool_name,
      tool_call_id,
      action_id: id,
      rejection_reason: reason,
      rejection_source: "hook",
    },
  ];
}
