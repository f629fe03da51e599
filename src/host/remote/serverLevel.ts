import * as z from "zod";
import type { ServerClient } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";

const Info = z.looseObject({
  version: z.string().nullish().catch(undefined),
  title: z.string().nullish().catch(undefined),
  python_version: z.string().nullish().catch(undefined),
  usable_tools: z.array(z.string()).nullish().catch(undefined),
});

/** What a server is, as far as it says so. */
export interface ServerLevel {
  /** Empty when it does not say. */
  readonly version: string;
  /** Undefined when it does not say. */
  readonly usableTools: readonly string[] | undefined;
  /** It asks models by LiteLLM, whose names say the provider. */
  readonly isPython: boolean;
  /** What a person should know of it, a sentence each. */
  readonly notes: readonly string[];
}

const oldest = [1, 28, 0] as const;
const tools = ["terminal", "file_editor"];

/** Asks the server what it is. Rejects with a ServerError when it is too old, is none, or does not let us in. */
export async function readLevel(client: ServerClient, signal?: AbortSignal): Promise<ServerLevel> {
  const asked = signal ? { signal } : {};
  const info = Info.safeParse(await client.get("server_info", asked)).data;
  if (info === undefined)
    throw new ServerError("not-understood", `What answers at ${client.name} is no OpenHands agent-server. Check the address.`);
  const version = info.version ?? "";
  const numbers = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(version)?.slice(1).map(Number);
  if (numbers && isOlder(numbers)) throw new ServerError("refused", tooOld(client.name, version));
  await refuseWithoutConversations(client, signal);
  const usableTools = info.usable_tools ?? undefined;
  return {
    version,
    usableTools,
    isPython: !info.python_version?.startsWith("none"),
    notes: notesOf({ isKnown: numbers !== undefined, usableTools }),
  };
}

/** It takes the key, and holds conversations: a server for single commands does not. */
async function refuseWithoutConversations(client: ServerClient, signal?: AbortSignal): Promise<void> {
  try {
    await client.get("api/conversations/count", signal ? { signal } : {});
  } catch (error) {
    if (!(error instanceof ServerError) || (error.status !== 404 && error.status !== 501)) throw error;
    throw new ServerError("refused", `The server ${client.name} runs commands, but holds no conversations.`, { cause: error });
  }
}

const tooOld = (name: string, version: string): string =>
  `The server ${name} is OpenHands agent-server ${version}, and ${oldest.join(".")} is the oldest that this version works with. Update the server.`;

function isOlder(numbers: readonly number[]): boolean {
  const at = oldest.findIndex((least, index) => numbers[index] !== least);
  return at >= 0 && (numbers[at] ?? 0) < (oldest[at] ?? 0);
}

function notesOf({ isKnown, usableTools }: { readonly isKnown: boolean; readonly usableTools: readonly string[] | undefined }): string[] {
  const missing = usableTools === undefined ? [] : tools.filter((tool) => !usableTools.includes(tool));
  return [
    ...(isKnown ? [] : ["It does not say which version it is, so something may not work."]),
    ...(missing.length === 0 ? [] : [`Its agents cannot use ${missing.join(" and ")}.`]),
  ];
}
