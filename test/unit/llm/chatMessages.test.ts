import assert from "node:assert/strict";
import fc from "fast-check";
import { ChatHistory, toChatMessages } from "../../../src/llm/chatHistory.ts";
import type { ChatMessage } from "../../../src/llm/llm.ts";
import { textContent } from "../../../src/protocol/content.ts";
import { type Event, parseEvent } from "../../../src/protocol/events.ts";
import { stateKeys } from "../../../src/protocol/state.ts";

/** What may happen in a conversation, one after the other. */
type Happening =
  | { readonly type: "user" | "nudge" | "text" | "empty" | "pause" | "unread" | "prompt" }
  | {
      readonly type: "batch";
      readonly results: readonly ("observation" | "reject" | "error" | "invalid" | "twice" | "none")[];
      readonly isQueued: boolean;
    }
  | { readonly type: "stray"; readonly kind: "observation" | "error" };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ type: fc.constantFrom("user", "nudge", "text", "empty", "pause", "unread", "prompt") }),
  fc.record({
    type: fc.constant("batch" as const),
    results: fc.array(fc.constantFrom("observation", "reject", "error", "invalid", "twice", "none"), { minLength: 1, maxLength: 4 }),
    isQueued: fc.boolean(),
  }),
  fc.record({ type: fc.constant("stray" as const), kind: fc.constantFrom("observation", "error") }),
);

/** A log in which these things happened; a damaged one may begin anywhere and lack anything. */
class Log {
  readonly events: Event[] = [];
  #count = 0;

  add(fields: object, source = "agent"): string {
    const id = `00000000-0000-4000-8000-${String(this.#count++).padStart(12, "0")}`;
    this.events.push(parseEvent({ id, timestamp: "2026-01-05T10:00:02.775413", source, ...fields }));
    return id;
  }

  message(role: "user" | "assistant", text: string, source: string): string {
    const llm_message = { role, content: [textContent(text)], thinking_blocks: [] };
    return this.add({ kind: "MessageEvent", llm_message, activated_skills: [], extended_content: [] }, source);
  }

  happen(what: Happening): void {
    switch (what.type) {
      case "user":
        return void this.message("user", `user ${this.#count}`, "user");
      case "nudge":
        return void this.message("user", `nudge ${this.#count}`, "environment");
      case "text":
      case "empty":
        return void this.message("assistant", what.type === "text" ? `text ${this.#count}` : "", "agent");
      case "pause":
        return void this.add({ kind: "PauseEvent" }, "user");
      case "prompt":
        return void this.add({ kind: "SystemPromptEvent", system_prompt: textContent("Be kind."), tools: [] });
      case "unread":
        return this.#unread();
      case "batch":
        return this.#batch(what);
      case "stray":
        return this.#result(what.kind, `stray${this.#count}`, "00000000-0000-4000-8000-ffffffffffff");
    }
  }

  /** A message that came while an answer was written. */
  #unread(): void {
    const read = this.events.at(-1)?.id ?? "00000000-0000-4000-8000-ffffffffffff";
    this.message("user", `late ${this.#count}`, "user");
    this.add({ kind: "ConversationStateUpdateEvent", key: stateKeys.lastRead, value: read }, "environment");
    this.message("assistant", `answer ${this.#count}`, "agent");
  }

  #batch({ results, isQueued }: Extract<Happening, { type: "batch" }>): void {
    const llm_response_id = `reply-${this.#count}`;
    const calls = results.map((result) => {
      const tool_call_id = `call-${this.#count}`;
      const action = result === "invalid" ? {} : { action: { kind: "ThinkAction", thought: "hm" } };
      const tool_call = { id: tool_call_id, name: "think", arguments: "{}", origin: "completion" };
      const rest = { thought: [], thinking_blocks: [], tool_name: "think", tool_call_id, tool_call, llm_response_id, security_risk: "LOW" };
      const id = this.add({ kind: "ActionEvent", ...action, ...rest });
      if (result === "invalid") this.#result("error", tool_call_id, id);
      return { result, tool_call_id, id };
    });
    if (isQueued) this.happen({ type: "user" });
    for (const { result, tool_call_id, id } of calls) {
      if (result === "none" || result === "invalid") continue;
      this.#result(result === "twice" ? "observation" : result, tool_call_id, id);
      if (result === "twice") this.#result("error", tool_call_id, id);
    }
  }

  #result(kind: "observation" | "reject" | "error", tool_call_id: string, action_id: string): void {
    const call = { tool_name: "think", tool_call_id };
    const observation = { kind: "ThinkObservation", content: [textContent("logged")], is_error: false };
    if (kind === "observation")
      this.add({ kind: "ObservationEvent", ...call, action_id, observation, extended_content: [] }, "environment");
    if (kind === "reject")
      this.add({ kind: "UserRejectObservation", ...call, action_id, rejection_reason: "no", rejection_source: "user" }, "environment");
    const classification = { kind: "agent_action", retryable: true, user_action: "retry" };
    if (kind === "error") this.add({ kind: "AgentErrorEvent", ...call, error: "wrong", classification });
  }
}

/** What every provider demands; the sentence says what is broken. */
function problemOf(messages: readonly ChatMessage[]): string | undefined {
  const owed: string[] = [];
  const known = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const before = messages[index - 1]?.role;
    if (message.role === "tool") {
      if (owed.shift() !== message.toolCallId) return `${index}: the result of ${message.toolCallId} is out of place`;
      continue;
    }
    if (owed.length > 0) return `${index}: ${owed.join()} has no result`;
    if (message.role === "system" && before !== undefined && before !== "system") return `${index}: a system prompt in the middle`;
    if (message.role === "user" && before === "user") return `${index}: two user messages in a row`;
    if (message.role !== "assistant") continue;
    if (message.content.trim() === "" && message.toolCalls.length === 0) return `${index}: an empty answer`;
    for (const { id } of message.toolCalls) {
      if (known.has(id)) return `${index}: ${id} is there twice`;
      known.add(id);
      owed.push(id);
    }
  }
  return owed.length > 0 ? `the end: ${owed.join()} has no result` : undefined;
}

describe("what the model reads", () => {
  it("is valid for a provider, whatever happened and whatever a damaged log lacks", () => {
    const lost = fc.array(fc.nat(60), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 12 }), lost, fc.nat(60), (happenings, gone, end) => {
        const log = new Log();
        for (const what of happenings) log.happen(what);
        const events = log.events.filter((_, index) => !gone.includes(index)).slice(0, Math.max(end, 5));
        assert.equal(problemOf(toChatMessages(events)), undefined);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same when it is read again and again as the log grows", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 12 }), fc.array(fc.nat(60), { maxLength: 4 }), (happenings, gone) => {
        const log = new Log();
        for (const what of happenings) log.happen(what);
        const events = log.events.filter((_, index) => !gone.includes(index));
        const history = new ChatHistory();
        for (let length = 0; length <= events.length; length++) {
          const read = events.slice(0, length);
          assert.deepEqual(history.read(read), toChatMessages(read));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("has every word of the person once, and each answer in its place", () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 12 }), (happenings) => {
        const log = new Log();
        for (const what of [{ type: "prompt" as const }, ...happenings]) log.happen(what);
        const said = log.events.flatMap((event) =>
          event.kind === "MessageEvent" ? event.llm_message.content.map((part) => ("text" in part ? part.text : "")) : [],
        );
        const read = toChatMessages(log.events).flatMap((message) => {
          if (message.role === "user") return message.content.map((part) => ("text" in part ? part.text : ""));
          return message.role === "assistant" && message.content ? [message.content] : [];
        });
        assert.deepEqual(read.toSorted(), said.filter((text) => text !== "").toSorted());
        assert.deepEqual(
          read.filter((text) => text.startsWith("answer")),
          said.filter((text) => text.startsWith("answer")),
        );
        for (const [index, text] of read.entries()) if (text.startsWith("late")) assert.match(read[index - 1] ?? "", /^(answer|late)/);
      }),
      { numRuns: 500 },
    );
  });
});
