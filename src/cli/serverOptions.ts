import { readFile } from "node:fs/promises";
import { readServerUrl, sendsOpenly } from "../host/remote/serverUrl.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Environment } from "./environment.ts";
import type { Values } from "./options.ts";
import { UsageError } from "./usage.ts";

/** The agent-server that a command is for. */
export interface ServerChoice {
  readonly url: string;
  readonly key: string | undefined;
}

/** What is this machine's own to choose, and not the client's of a server. */
const notThere = ["runtime", "image", "network", "mount", "apply", "max-cost", "max-tokens", "timeout"] as const;

/** The server that the flags name, with its key from a file or from the environment; undefined: this machine. Rejects with a UsageError. */
export async function readServer(values: Values, environment: Environment): Promise<ServerChoice | undefined> {
  if (values.server === undefined) {
    const stray = (["server-key-file", "insecure"] as const).find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} is for a server. Pass --server URL with it.`);
    return undefined;
  }
  const url = readServerUrl(values.server);
  if (url === undefined)
    throw new UsageError(
      `--server takes the address of an agent-server, such as https://agents.example.com, not "${withoutSecrets(values.server)}".`,
    );
  const stranger = notThere.find((name) => values[name] !== undefined);
  if (stranger !== undefined) throw new UsageError(`A server does not take --${stranger}: the agent-server protocol has no way to say it.`);
  if (sendsOpenly(url) && !values.insecure)
    throw new UsageError(
      `${url} is not encrypted: keys, and all that is said, could be read on the way. Use https or a tunnel to this machine, or pass --insecure.`,
    );
  return { url, key: await readKey(values["server-key-file"], environment) };
}

async function readKey(file: string | undefined, environment: Environment): Promise<string | undefined> {
  if (file === undefined) return environment["OPENHANDS_SERVER_KEY"] || undefined;
  try {
    return (await readFile(file, "utf8")).trim() || undefined;
  } catch (cause) {
    throw new UsageError(`The key of the server could not be read (${messageOf(cause)}).`, { cause });
  }
}

/** Somebody may have put a password into the address. */
function withoutSecrets(typed: string): string {
  return typed.replace(/\/\/[^/@]*@/, "//…@").replace(/[?#].*$/, "…");
}
