import type { HookConfig, HookDefinition, HookEventType } from "../../protocol/agentServer/hooks.ts";

const keys = {
  PreToolUse: "pre_tool_use",
  PostToolUse: "post_tool_use",
  UserPromptSubmit: "user_prompt_submit",
  SessionStart: "session_start",
  SessionEnd: "session_end",
  Stop: "stop",
} as const satisfies Record<HookEventType, keyof HookConfig>;

/** The hooks for one point of a conversation, in their order; where there is no tool, whatever they match. */
export function hooksFor(config: HookConfig, type: HookEventType, toolName?: string): readonly HookDefinition[] {
  return config[keys[type]].filter(({ matcher }) => toolName === undefined || matches(matcher, toolName)).flatMap(({ hooks }) => hooks);
}

/** `*` and nothing are for every tool; `/…/`, and what looks like one, is a regular expression for the whole name. */
export function matches(matcher: string, toolName: string): boolean {
  if (matcher === "" || matcher === "*" || matcher === toolName) return true;
  const slashed = /^\/(?<pattern>.+)\/$/s.exec(matcher)?.groups?.["pattern"];
  if (slashed === undefined && !/[|.*+?[\]()^$\\]/.test(matcher)) return false;
  try {
    return new RegExp(`^(?:${slashed ?? matcher})$`).test(toolName);
  } catch {
    // One that cannot be read matches nothing but the name itself.
    return false;
  }
}
