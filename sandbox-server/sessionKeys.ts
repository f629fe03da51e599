import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import type { Log } from "../src/protocol/log.ts";
import { messageOf } from "../src/protocol/thrown.ts";
import { currentKeys, type Keys, noKeys } from "../src/server/keys.ts";

const mostBytes = 64 * 1024;

export interface KeySources {
  readonly keyFile: string | undefined;
  readonly noAuth: boolean;
  readonly log: Log;
}

/**
 * The keys that clients may use, never none; or a sentence that says why there are none. Those of the environment are taken out of it; those of the
 * file are the ones that are in it now.
 */
export function sessionKeys({ keyFile, noAuth, log }: KeySources): Keys | string {
  const given = whole(keysOfEnvironment());
  const read = keyFile === undefined ? [] : keysOfFile(keyFile);
  if (typeof read === "string") return read;
  const keys = [...given, ...read];
  if (noAuth) return keys.length === 0 ? noKeys : "There is a key, and --no-auth says that none is needed: take one of them away.";
  if (keys.length === 0) return "A port is served with a key only: set SESSION_API_KEY, or give --key-file; or say --no-auth on loopback.";
  if (keys.some(isUnsendable)) return "A key must be of visible ASCII characters, because it is sent in a header.";
  return currentKeys(keyFile === undefined ? () => keys : rereading({ keyFile, given, first: keys, log }));
}

/** What secrets are encrypted with: `OH_SECRET_KEY`, else the first key of the clients. To be called before `sessionKeys`. */
export function secretKeyOf(keyFile: string | undefined): string | undefined {
  const { OH_SECRET_KEY: own, SESSION_API_KEY: single, OH_SESSION_API_KEYS_0: first } = process.env;
  // Because what is started inherits the environment.
  delete process.env["OH_SECRET_KEY"];
  const read = keyFile === undefined ? [] : keysOfFile(keyFile);
  return [own, single, first, ...(typeof read === "string" ? [] : read)].find((key) => key !== undefined && key.trim() !== "")?.trim();
}

interface Rereading {
  readonly keyFile: string;
  readonly given: readonly string[];
  readonly first: readonly string[];
  readonly log: Log;
}

/** What cannot be read holds no keys: so they can be revoked by removing the file, too. */
function rereading({ keyFile, given, first, log }: Rereading): () => readonly string[] {
  let version = versionOf(keyFile);
  let keys = first;
  return () => {
    const found = versionOf(keyFile);
    if (found === version) return keys;
    version = found;
    const read = keysOfFile(keyFile);
    if (typeof read === "string") log.warn("The key file holds no keys any more.", { reason: read });
    keys = [...given, ...(typeof read === "string" ? [] : read.filter((key) => !isUnsendable(key)))];
    log.info("Keys have changed", { keys: keys.length });
    return keys;
  };
}

/** Changes whenever the file may have. */
function versionOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found && `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}`;
}

function whole(keys: readonly string[]): readonly string[] {
  return keys.map((key) => key.trim()).filter((key) => key !== "");
}

function isUnsendable(key: string): boolean {
  return /[^\x21-\x7e]/.test(key);
}

function keysOfEnvironment(): string[] {
  const names = Object.keys(process.env).filter((name) => name === "SESSION_API_KEY" || /^OH_SESSION_API_KEYS_\d+$/.test(name));
  const keys = names.map((name) => process.env[name] ?? "");
  // Because what is started inherits the environment.
  for (const name of names) delete process.env[name];
  return keys;
}

function keysOfFile(file: string): readonly string[] | string {
  let opened: number | undefined;
  try {
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(opened);
    if (!found.isFile() || found.size > mostBytes) return `The key file ${file} is not a small file.`;
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0)
      return `Others than its owner may use the key file ${file}: make it private with "chmod 600 ${file}".`;
    return whole(readFileSync(opened, "utf8").split("\n"));
  } catch (error) {
    return `The key file ${file} cannot be read: ${messageOf(error)}.`;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}
