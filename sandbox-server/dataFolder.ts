import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { makeFolder } from "../src/conversation/disk.ts";
import { messageOf } from "../src/protocol/thrown.ts";
import { Refusal } from "../src/server/answers.ts";

/** Where all is that a server keeps; made when it is missing. Rejects with a sentence where nothing can be kept. */
export function dataFolder(given: string | undefined): Promise<string> {
  return usable(folderOf(given), "--data");
}

/** Where its conversations are: below `data`, unless the environment says where. */
export function conversationsFolder(data: string): Promise<string> {
  const name = "OH_CONVERSATIONS_PATH";
  return usable(resolve(process.env[name] || join(data, "conversations")), name);
}

async function usable(folder: string, namedBy: string): Promise<string> {
  const place = await nearest(folder);
  const another = `name another folder by ${namedBy}, and start the server again.`;
  if (!(await stat(place)).isDirectory()) throw new Refusal(503, `${place} is not a folder. Please ${another}`);
  const mayWrite = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const user = process.getuid === undefined ? "This user" : `User ${process.getuid()}`;
  if (!mayWrite)
    throw new Refusal(
      503,
      `${user} may not write to ${place}, so nothing can be kept in ${folder}. Let the user write there, or ${another}`,
    );
  try {
    // Because who may write to a place can be refused a folder there all the same, as in /proc.
    await makeFolder(folder);
  } catch (error) {
    throw new Refusal(503, `Nothing can be kept in ${folder}, which cannot be made: ${messageOf(error)}. Please ${another}`);
  }
  return folder;
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
