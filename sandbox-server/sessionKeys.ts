import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { messageOf } from "../src/protocol/thrown.ts";

const mostBytes = 64 * 1024;

/** The keys that clients may use, never none; or a sentence that says why there are none. They are taken out of the environment. */
export async function readSessionKeys(keyFile: string | undefined): Promise<readonly string[] | string> {
  const given = keysOfEnvironment();
  const read = keyFile === undefined ? [] : await keysOfFile(keyFile);
  if (typeof read === "string") return read;
  const keys = [...given, ...read].map((key) => key.trim()).filter((key) => key !== "");
  if (keys.length === 0) return "A port is served with a key only: set SESSION_API_KEY, or give --key-file.";
  if (keys.some((key) => /[^\x21-\x7e]/.test(key))) return "A key must be of visible ASCII characters, because it is sent in a header.";
  return keys;
}

function keysOfEnvironment(): string[] {
  const names = Object.keys(process.env).filter((name) => name === "SESSION_API_KEY" || /^OH_SESSION_API_KEYS_\d+$/.test(name));
  const keys = names.map((name) => process.env[name] ?? "");
  // Because what is started inherits the environment.
  for (const name of names) delete process.env[name];
  return keys;
}

async function keysOfFile(file: string): Promise<string[] | string> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile() || found.size > mostBytes) return `The key file ${file} is not a small file.`;
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0)
      return `Others than its owner may use the key file ${file}: make it private with "chmod 600 ${file}".`;
    return (await handle.readFile("utf8")).split("\n");
  } catch (error) {
    return `The key file ${file} cannot be read: ${messageOf(error)}.`;
  }
}
