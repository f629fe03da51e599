// Conversations as text that a person can review, and the comparison with what is kept in test/golden.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ChatMessage } from "../../src/llm/llm.ts";
import { textOf } from "../../src/protocol/content.ts";
import type { Event } from "../../src/protocol/events.ts";
import { root } from "./checkout.ts";

/**
 * The events, one block each: number, kind, source, then what is in it. Ids are the event's number (`#4`), times are left out, and so is
 * the system prompt. A parent is told only when it is not the event that the rule says (the one before that is no state update).
 */
export function transcript(events: readonly Event[]): string {
  const names = new Map<string, string>(events.map((event, index) => [event.id, `#${index}`]));
  let parent: string | undefined;
  const blocks = events.map((event, index) => {
    const { kind, id, timestamp, source, parent_id, ...rest } = event;
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    const told = parent_id === parent ? {} : { parent_id };
    if (kind !== "ConversationStateUpdateEvent") parent = id;
    return [`#${index} ${kind} (${source})`, ...fieldLines({ ...told, ...summarised(kind, rest) }, names)].join("\n");
  });
  return `${blocks.join("\n")}\n`;
}

function summarised(kind: string, rest: object): object {
  return kind === "SystemPromptEvent" ? {} : rest;
}

/** What the model read, in short. */
export function messagesText(messages: readonly ChatMessage[]): string {
  const lines = messages.map((message) => {
    switch (message.role) {
      case "system":
        return "system: (the system prompt)";
      case "user":
        return `user: ${indent(textOf(message.content))}`;
      case "tool":
        return `tool ${message.toolCallId}: ${indent(textOf(message.content))}`;
      case "assistant":
        return `assistant: ${[message.content, ...message.toolCalls.map(({ id, name, arguments: args }) => `${id} ${name} ${args}`)].filter(Boolean).join("\n  ")}`;
    }
  });
  return `${lines.join("\n")}\n`;
}

const indent = (text: string): string => text.replaceAll("\n", "\n  ");

function fieldLines(fields: object, names: ReadonlyMap<string, string>): string[] {
  return Object.entries(fields).flatMap(([key, value]) => (isEmpty(value) ? [] : [`  ${key}: ${valueText(value, names)}`]));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function valueText(value: unknown, names: ReadonlyMap<string, string>): string {
  if (typeof value === "string") return indented(names.get(value) ?? value);
  if (isTexts(value)) return indented(value.map(({ text }) => text).join("\n"));
  return named(JSON.stringify(value), names);
}

function isTexts(value: unknown): value is { text: string }[] {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === "object" && item !== null && "text" in item && Object.keys(item).length <= 3)
  );
}

function indented(text: string): string {
  return text.includes("\n") ? `\n    | ${text.replaceAll("\n", "\n    | ")}` : text;
}

function named(text: string, names: ReadonlyMap<string, string>): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => names.get(id) ?? "<id>")
    .replaceAll(/call_[0-9a-f]{32}/g, "call_<id>")
    .replaceAll(/"latency_ms":\d+/g, '"latency_ms":"<time>"');
}

/** Compares with `test/golden/<file>`; UPDATE_GOLDEN=1 writes it instead. Ids that are in no event are always different, so they read `<id>`. */
export function matchesGolden(file: string, actual: string): void {
  const golden = path.join(root, "test/golden", file);
  const text = named(actual, new Map());
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(path.dirname(golden), { recursive: true });
    writeFileSync(golden, text);
    return;
  }
  assert.ok(existsSync(golden), `There is no test/golden/${file}: run the test with UPDATE_GOLDEN=1, and review what it wrote.`);
  assert.equal(text, readFileSync(golden, "utf8"));
}
