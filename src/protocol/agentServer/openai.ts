import * as z from "zod";

/** OpenAI's chat completions, by which an agent is asked as if it were a model (`/v1`). What is not known is ignored. */

const ImagePart = z.object({ type: z.literal("image_url"), image_url: z.union([z.string(), z.object({ url: z.string() })]) });
const TextPart = z.object({ type: z.literal("text"), text: z.string() });

const ChatMessage = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(z.discriminatedUnion("type", [TextPart, ImagePart]))]).nullish(),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

export const CompletionRequest = z.object({
  /** One of those that are listed: `openhands_` and the name of a profile. */
  model: z.string(),
  messages: z.array(ChatMessage).max(10_000),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
});
export type CompletionRequest = z.infer<typeof CompletionRequest>;

const Usage = z.object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() });

export const Completion = z.object({
  id: z.string(),
  object: z.literal("chat.completion"),
  /** Seconds since 1970. */
  created: z.number().int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.number().int(),
      finish_reason: z.literal("stop"),
      message: z.object({ role: z.literal("assistant"), content: z.string() }),
    }),
  ),
  usage: Usage,
});
export type Completion = z.infer<typeof Completion>;

export const ModelList = z.object({
  object: z.literal("list"),
  data: z.array(z.object({ id: z.string(), object: z.literal("model"), created: z.number().int(), owned_by: z.string() })),
});

/** Of the conversation that answers; sent back, it goes on. */
export const conversationHeader = "x-openhands-serverconversation-id";
