import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../protocol/thrown.ts";

/** Who this machine and state folder are on an engine that others may use too; made once. */
export async function hostId(stateFolder: string): Promise<string> {
  const file = join(stateFolder, "host-id");
  await mkdir(stateFolder, { recursive: true });
  try {
    await writeFile(file, randomUUID(), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  return (await readFile(file, "utf8")).trim();
}
