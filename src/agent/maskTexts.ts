import type { EventDraft } from "../conversation/conversation.ts";
import { stateKeys } from "../protocol/state.ts";

type Mask = (text: string) => string;

/** Fields that hold words of the protocol, names, ids or times, and never anybody's text: a secret may be such a word. */
const structural = new Set([
  ...["kind", "type", "id", "source", "role", "origin", "key", "code", "name", "status", "classification", "security_risk", "risk_reason"],
  ...["tool_name", "tool_call_id", "action_id", "llm_response_id", "rejection_source", "forgotten_event_ids", "activated_skills"],
  ...["message_id", "hook_event_type"],
]);

/** Of state updates only these hold texts, or objects with texts. */
const spokenKeys: readonly string[] = ["title", stateKeys.stuckReason, "hook_config", "blocked_actions", "blocked_messages"];

/** The draft with every text in it masked, and all else as it was. */
export function maskTexts(draft: EventDraft, mask: Mask): EventDraft {
  if (draft.kind === "ConversationStateUpdateEvent") {
    if (!spokenKeys.includes(draft.key)) return draft;
    // Its names are as free as its texts.
    const within = { value: structuredClone(draft.value) };
    maskFields(within, mask, () => true);
    return { ...draft, ...within };
  }
  const masked = structuredClone(draft);
  maskFields(masked, mask, isText);
  return masked;
}

/** Whether masking would change any text of `value`, an action. */
export function changesTexts(value: object, mask: Mask): boolean {
  const masked = structuredClone(value);
  maskFields(masked, mask, textsOf(masked, isText));
  return JSON.stringify(masked) !== JSON.stringify(value);
}

/** The same JSON with its texts masked; what is no JSON is masked as it stands. */
function maskJson(text: string, mask: Mask): string {
  if (mask(text) === text) return text;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return mask(text);
    maskFields(value, mask, () => true);
    return JSON.stringify(value);
  } catch {
    return mask(text);
  }
}

function maskFields(value: object, mask: Mask, isMasked: IsMasked): void {
  for (const [field, item] of Object.entries<unknown>({ ...value })) {
    if (!isMasked(field, value)) continue;
    if (typeof item === "string") Reflect.set(value, field, field === "arguments" ? maskJson(item, mask) : mask(item));
    else if (typeof item === "object" && item !== null) maskFields(item, mask, textsOf(item, isMasked));
  }
}

type IsMasked = (field: string, within: object) => boolean;

/** In the arguments of a tool of somebody else's, names mean nothing here: all in them is text. */
function textsOf(value: object, isMasked: IsMasked): IsMasked {
  const isOthers = "kind" in value && typeof value.kind === "string" && /^(?:MCPToolAction$|ClientAction_)/.test(value.kind);
  return isOthers ? (field, within) => within !== value || field !== "kind" : isMasked;
}

/** The command of a terminal is a text; that of a file editor or a task list is one of a few words. */
function isText(field: string, within: object): boolean {
  if (field !== "command") return !structural.has(field);
  return "kind" in within && typeof within.kind === "string" && within.kind.startsWith("Terminal");
}
