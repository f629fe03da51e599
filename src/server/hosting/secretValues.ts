import * as z from "zod";
import { SecretInput, type SecretSource } from "../../protocol/agentServer/agent.ts";
import type { Log } from "../../protocol/log.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Reach } from "../mcp/addresses.ts";
import { checkedFetch } from "../mcp/checkedFetch.ts";
import type { Lookups } from "./lookups.ts";
import type { Meta } from "./meta.ts";

/** What was found is good for so long, and what was not is asked for again after it. */
const freshMs = 60_000;

/** For one that is looked up. */
const mostMs = 30_000;
const mostFound = 1_000;

interface Found {
  readonly value: Promise<string | undefined>;
  readonly at: number;
}

export interface SecretParts {
  readonly secret: Lookups["secret"];
  /** Which addresses may be asked. */
  readonly reach: Reach;
  readonly log: Log;
}

/** The values of secrets, wherever they come from (agent-server protocol §4.8). */
export class SecretValues {
  readonly #secret: Lookups["secret"];
  readonly #reach: Reach;
  readonly #log: Log;
  readonly #found = new Map<string, Found>();

  constructor({ secret, reach, log }: SecretParts) {
    this.#secret = secret;
    this.#reach = reach;
    this.#log = log;
  }

  /** By name; one that has no value now is left out. */
  async of(sources: Readonly<Record<string, SecretSource>>, signal: AbortSignal): Promise<Record<string, string>> {
    const values = await Promise.all(
      Object.entries(sources).map(async ([name, source]) => [name, await this.#valueOf(name, source, signal)] as const),
    );
    return Object.fromEntries(values.flatMap(([name, value]) => (value ? [[name, value] as const] : [])));
  }

  async #valueOf(name: string, source: SecretSource, signal: AbortSignal): Promise<string | null | undefined> {
    if (source.kind === "StaticSecret") return source.value;
    const own = ownSecret(source.url);
    if (own !== undefined) return this.#secret(own);
    const key = JSON.stringify([source.url, source.headers]);
    const known = this.#found.get(key);
    if (known && performance.now() - known.at < freshMs) return known.value;
    if (this.#found.size >= mostFound) this.#found.clear();
    const value = this.#ask(name, source, signal);
    this.#found.set(key, { value, at: performance.now() });
    return value;
  }

  /** Neither the address nor the answer is logged: both may hold a key. */
  async #ask(
    name: string,
    { url, headers }: Extract<SecretSource, { kind: "LookupSecret" }>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(mostMs)]);
      const answer = await checkedFetch(this.#reach, limit)(url, { headers });
      if (answer.status !== 200) throw new Error(`It answered ${answer.status}.`);
      return await answer.text();
    } catch (error) {
      this.#log.warn("A secret could not be looked up.", { name, error: messageOf(error) });
      return undefined;
    }
  }
}

/** A relative address is the server's own, which has the secrets itself. */
function ownSecret(url: string): string | undefined {
  const [, name] = /^\/api\/settings\/secrets\/([A-Za-z][\w]{0,63})\/?$/.exec(url) ?? [];
  return name;
}

const ContextSecrets = z.object({ secrets: z.record(z.string(), SecretInput) });

/** All secrets of a conversation: those of the agent, and above them its own (§6.7). */
export function secretSourcesOf({ agent, secrets }: Meta): Record<string, SecretSource> {
  return { ...ContextSecrets.safeParse(agent.agent_context).data?.secrets, ...secrets };
}
