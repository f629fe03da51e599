import * as z from "zod";
import { parseJsonc } from "../highlighter/jsonc.ts";

const name = String.raw`[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*`;
const host = String.raw`(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?`;
const reference = new RegExp(String.raw`^(?:${host}/)?${name}(?:/${name})*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);
const longestName = 300;

/** What is wrong with the name of an image, in a sentence; undefined for one that Docker understands. */
export function imageFault(text: string): string | undefined {
  if (text === "") return "Give the name of an image, such as python:3.12.";
  if (text.length > longestName) return `At most ${longestName} characters.`;
  if (reference.test(text)) return undefined;
  return "This is no name of an image. Write it in lower case with a tag, such as python:3.12 or ghcr.io/me/image:1.";
}

const Devcontainer = z.object({ image: z.string() });

/** The image that a devcontainer.json names, and nothing else of it; undefined when it names none. */
export function devcontainerImage(text: string): string | undefined {
  try {
    const image = Devcontainer.safeParse(parseJsonc(text)).data?.image.trim() ?? "";
    return imageFault(image) === undefined ? image : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
