import type { HookConfig, HookDefinition, HookEventType, HookMatcher } from "../../protocol/agentServer/hooks.ts";
import { matchEach } from "../namePatterns.ts";

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
  const matchers = config[keys[type]];
  const fits = toolName === undefined ? undefined : whichFit(matchers, toolName);
  return matchers.filter((matcher) => fits?.has(matcher) ?? true).flatMap(({ hooks }) => hooks);
}

/**
 * `*` and nothing are for every tool; `/…/`, and what looks like one, is a regular expression for the whole name. One that takes too long fits, because its
 * hooks may forbid what the agent does.
 */
function whichFit(matchers: readonly HookMatcher[], toolName: string): ReadonlySet<HookMatcher> {
  const plain = matchers.filter(({ matcher }) => matcher === "" || matcher === "*" || matcher === toolName);
  const patterns = matchers.flatMap((one) => {
    const pattern = plain.includes(one) ? undefined : patternOf(one.matcher);
    return pattern === undefined ? [] : [{ one, pattern, text: toolName }];
  });
  const found = matchEach(patterns);
  return new Set([...plain, ...patterns.filter((_, index) => found[index] ?? true).map(({ one }) => one)]);
}

function patternOf(matcher: string): string | undefined {
  const slashed = /^\/(?<pattern>.+)\/$/s.exec(matcher)?.groups?.["pattern"];
  if (slashed === undefined && !/[|.*+?[\]()^$\\]/.test(matcher)) return undefined;
  return `^(?:${slashed ?? matcher})$`;
}
