import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { DockerRef } from "../../protocol/sandbox.ts";

/** What a sandbox is opened with again. Only ours is read: nothing of the sandbox is believed. */
const Kept = z.object({
  ref: DockerRef,
  folders: z.array(z.string()),
  /** The engine that has its volume. */
  engine: z.object({ id: z.string(), address: z.string() }),
  /** When the volume was made, by its label: one of the same name that says otherwise is not the one that was filled. */
  volume: z.string(),
});
export type Kept = z.infer<typeof Kept>;

/** `base` is the folder of this machine that is kept for the conversation's workspace; made when missing. */
export async function keep(base: string, kept: Kept): Promise<void> {
  await mkdir(base, { recursive: true });
  const beside = `${fileIn(base)}.tmp`;
  await writeFile(beside, JSON.stringify(kept), { mode: 0o600 });
  await rename(beside, fileIn(base));
}

/** Undefined when nothing is kept that can be understood. */
export async function readKept(base: string): Promise<Kept | undefined> {
  try {
    return Kept.parse(JSON.parse(await readFile(fileIn(base), "utf8")));
  } catch {
    // Because a file that is not there, or not whole, is the same here: nothing is known of the sandbox.
    return undefined;
  }
}

function fileIn(base: string): string {
  return join(base, "sandbox.json");
}
