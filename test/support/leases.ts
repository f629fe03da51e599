// Conversations that another process has.
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { thisProcess } from "../../src/conversation/leaseOwner.ts";

/** As if a process that nobody here can look at had the conversation. */
export async function heldElsewhere(folder: string): Promise<void> {
  const owner = { ...(await thisProcess()), space: "elsewhere" };
  for (const name of (await readdir(folder)).filter((one) => one.startsWith("lease"))) await rm(join(folder, name));
  await writeFile(join(folder, "lease-9.json"), JSON.stringify({ state: "held", beat: "0000000000", owner }));
}
