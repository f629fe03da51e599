import * as z from "zod";

export const TextContent = z.object({ type: z.literal("text"), text: z.string(), cache_prompt: z.boolean().optional() });
export type TextContent = z.infer<typeof TextContent>;

/** `image_urls` are http(s) or `data:` URLs. */
export const ImageContent = z.object({ type: z.literal("image"), image_urls: z.array(z.string()), cache_prompt: z.boolean().optional() });
export type ImageContent = z.infer<typeof ImageContent>;

export const Content = z.discriminatedUnion("type", [TextContent, ImageContent]);
export type Content = z.infer<typeof Content>;

/** One text as the protocol writes it; `cache_prompt` is always present in what we write. */
export function textContent(text: string): TextContent {
  return { type: "text", text, cache_prompt: false };
}

/** All texts of a content list, joined by newlines; images are left out. */
export function textOf(content: readonly Content[]): string {
  return content.flatMap((item) => (item.type === "text" ? [item.text] : [])).join("\n");
}

/** The model's tool call as it was sent: `arguments` is JSON text, kept letter for letter. */
export const MessageToolCall = z.object({
  id: z.string(),
  name: z.string(),
  arguments: z.string(),
  origin: z.enum(["completion", "responses"]),
});
export type MessageToolCall = z.infer<typeof MessageToolCall>;

export const Message = z.object({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.array(Content),
  tool_calls: z.array(MessageToolCall).nullish(),
  tool_call_id: z.string().nullish(),
  name: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  thinking_blocks: z.array(z.unknown()).optional(),
});
export type Message = z.infer<typeof Message>;
