import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Refusal } from "../src/server/answers.ts";

/** Where all is that a server keeps. Rejects with a sentence where nothing can be kept; nothing is made yet. */
export async function dataFolder(given: string | undefined): Promise<string> {
  const folder = folderOf(given);
  const place = await nearest(folder);
  const isUsable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (isUsable) return folder;
  const user = process.getuid === undefined ? "This user" : `User ${process.getuid()}`;
  throw new Refusal(
    503,
    `${user} may not write to ${place}, so nothing can be kept in ${folder}. Let the user write there, or name another folder by --data, and start the server again.`,
  );
}

function folderOf(given: string | undefined): string {
  const named = given ?? process.env["OH_PERSISTENCE_DIR"];
  if (named) return resolve(named);
  const home = homedir();
  if (!isAbsolute(home)) throw new Error("There is no home folder to keep conversations in. Give --data.");
  return join(home, ".openhands", "agent-server");
}

/** The folder itself, or the one that it will be made in. */
async function nearest(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch {
    // Because it is not there, or lies in one that this user may not look into.
    return dirname(folder) === folder ? folder : nearest(dirname(folder));
  }
}
