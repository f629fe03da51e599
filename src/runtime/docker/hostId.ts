import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../protocol/thrown.ts";

/** Who this machine and state folder are on an engine that others may use too; made once, also when many ask at once. */
export async function hostId(stateFolder: string): Promise<string> {
  const file = join(stateFolder, "host-id");
  const known = await readFile(file, "utf8").catch(() => "");
  if (known !== "") return known.trim();
  await mkdir(stateFolder, { recursive: true });
  // Whole before it has its name, because another program may read it at any moment.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, randomUUID(), { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, "utf8")).trim();
}
