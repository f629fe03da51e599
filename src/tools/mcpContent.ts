import * as z from "zod";
import { type Content, textContent } from "../protocol/content.ts";
import { fileKind } from "./fileKinds.ts";
import { truncateMiddle } from "./truncate.ts";

/** Characters of all texts of one result; as of a terminal. */
const mostCharacters = 30_000;
const mostParts = 100;
const mostImages = 10;
const mostImageBytes = 5 * 1024 * 1024;

const Text = z.object({ type: z.literal("text"), text: z.string() });
const Image = z.object({ type: z.literal("image"), data: z.string() });
const Audio = z.object({ type: z.literal("audio"), data: z.string() });
const Link = z.object({ type: z.literal("resource_link"), uri: z.string(), name: z.string().optional() });
const Resource = z.object({
  type: z.literal("resource"),
  resource: z.object({ uri: z.string(), text: z.string().optional(), blob: z.string().optional(), mimeType: z.string().optional() }),
});
const Part = z.discriminatedUnion("type", [Text, Image, Audio, Link, Resource]);
type Part = z.infer<typeof Part>;

/**
 * What came from an MCP tool, for the model: texts as they are, images that a model can be shown as data URLs, and a few words for all else. All texts
 * together are shortened like a terminal's output; what is too large or too much is left out, and that is said.
 */
export function mcpContent(parts: readonly unknown[]): Content[] {
  let [characters, images] = [mostCharacters, mostImages];
  const content: Content[] = [];
  for (const given of parts.slice(0, mostParts)) {
    const part = Part.safeParse(given).data;
    const image = part?.type === "image" && images > 0 ? imageOf(part.data) : undefined;
    if (image !== undefined) {
      images--;
      content.push(image);
    } else if (characters > 0) {
      const text = truncateMiddle(part === undefined ? "[something that is not understood here was left out]" : wordsOf(part), characters);
      characters -= text.length;
      content.push(textContent(text.toWellFormed()));
    }
  }
  if (parts.length > mostParts || characters <= 0) content.push(textContent("[The rest was left out, because it is too much.]"));
  return content;
}

function imageOf(data: string): Content | undefined {
  if (data.length > (mostImageBytes / 3) * 4) return undefined;
  const bytes = Buffer.from(data, "base64");
  const { image } = fileKind(bytes);
  // As its bytes say, whatever the server calls it.
  return image === undefined
    ? undefined
    : { type: "image", image_urls: [`data:${image};base64,${bytes.toString("base64")}`], cache_prompt: false };
}

function wordsOf(part: Part): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "image":
      return `[an image of ${sizeOf(part.data)} bytes was left out, because it is too large, too many, or none that can be shown]`;
    case "audio":
      return `[a sound of ${sizeOf(part.data)} bytes was left out]`;
    case "resource_link":
      return `[${part.name ?? "a resource"}: ${part.uri}]`;
    case "resource": {
      const { uri, text, blob = "", mimeType = "unknown type" } = part.resource;
      return text === undefined ? `[${uri}: ${sizeOf(blob)} bytes of ${mimeType} were left out]` : `${uri}:\n${text}`;
    }
  }
}

function sizeOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}
