import * as z from "zod";
import { EventId } from "../ids.ts";

/** Commands that run at certain points of a conversation, and can forbid what comes next (agent-server protocol §6.11). */

export const HookEventType = z.enum(["PreToolUse", "PostToolUse", "UserPromptSubmit", "SessionStart", "SessionEnd", "Stop"]);
export type HookEventType = z.infer<typeof HookEventType>;

/** Null and absent say the same: the usual value. */
const orElse = <Shape extends z.ZodType>(schema: Shape, usual: z.output<Shape>) =>
  schema.nullish().transform((value): z.output<Shape> => value ?? usual);

/** `timeout` is in seconds. Only commands run here; of the other types the event says that they did not. */
export const HookDefinition = z
  .looseObject({
    type: orElse(z.enum(["command", "prompt", "agent"]), "command"),
    name: orElse(z.string().max(200).nullable(), null),
    command: orElse(z.string().max(65_536), ""),
    timeout: orElse(z.number().min(0), 60),
    /** It is not waited for, and forbids nothing. */
    async: orElse(z.boolean(), false),
    prompt: orElse(z.string().nullable(), null),
    system_prompt: orElse(z.string().nullable(), null),
    tools: orElse(z.array(z.string()), []),
    max_iterations: orElse(z.number(), 3),
  })
  .refine(({ type, command }) => type !== "command" || command.trim() !== "", {
    error: "a hook of the type `command` needs a command",
    path: ["command"],
  });
export type HookDefinition = z.infer<typeof HookDefinition>;

/** `matcher` is the name of a tool, a regular expression for all of it, or `*` for every one. */
export const HookMatcher = z.looseObject({
  matcher: orElse(z.string().max(1_000), "*"),
  hooks: orElse(z.array(HookDefinition).max(100), []),
});
export type HookMatcher = z.infer<typeof HookMatcher>;

const matchers = orElse(z.array(HookMatcher).max(100), []);

const Hooks = z.strictObject({
  pre_tool_use: matchers,
  post_tool_use: matchers,
  user_prompt_submit: matchers,
  session_start: matchers,
  session_end: matchers,
  stop: matchers,
});

/** Keys may be in either case, and all of it in a field `hooks`; an unknown key is an error. */
export const HookConfig = z.preprocess(normalized, Hooks);
export type HookConfig = z.infer<typeof HookConfig>;

function normalized(value: unknown): unknown {
  if (!isObject(value)) return value;
  const inner = value["hooks"] === undefined ? value : value["hooks"];
  if (!isObject(inner)) return inner;
  const keys = Object.keys(inner).map(snakeCase);
  // One that is there twice is left as it was, which is refused.
  const isTwice = new Set(keys).size < keys.length;
  return isTwice ? inner : Object.fromEntries(Object.entries(inner).map(([key, hooks]) => [snakeCase(key), hooks]));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** `PreToolUse` → `pre_tool_use`. */
function snakeCase(name: string): string {
  return name.replace(/(?<!^)(?=[A-Z])/g, "_").toLowerCase();
}

export function hasHooks(config: HookConfig): boolean {
  return Object.values(config).some((list) => list.some(({ hooks }) => hooks.length > 0));
}

/** What a HookExecutionEvent says beside what all events say (§4.2). `exit_code` is -1 for a command that did not come to its end. */
export const hookExecution = {
  hook_event_type: HookEventType,
  hook_command: z.string(),
  tool_name: z.string().nullish(),
  success: z.boolean(),
  blocked: z.boolean(),
  exit_code: z.number().int(),
  stdout: z.string(),
  stderr: z.string(),
  reason: z.string().nullish(),
  additional_context: z.string().nullish(),
  /** Why it did not run, or not to its end. */
  error: z.string().nullish(),
  action_id: EventId.nullish(),
  message_id: EventId.nullish(),
  hook_input: z.record(z.string(), z.unknown()).nullish(),
};

/** `POST /api/hooks` (§2.9). */
export const HooksRequest = z.object({ project_dir: z.string().nullish() });
export const HooksAnswer = z.object({ hook_config: HookConfig.nullable() });
