import { randomUUID } from "node:crypto";
import * as z from "zod";
import { type BashError, type BashEvent, BashRequest, BashSearch, BashSocketQuery } from "../protocol/agentServer/base.ts";
import type { Log } from "../protocol/log.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { BashCommands } from "../runtime/machine/bash/bashCommands.ts";
import { Refusal } from "./answers.ts";
import { startBash } from "./bash.ts";
import { type Client, closeCodes } from "./sockets/client.ts";
import { isLateAuth } from "./sockets/firstFrame.ts";
import type { SocketFamily } from "./sockets/socketServer.ts";

const mostClients = 50;
/** So much may wait for one client, in characters; it is sent away above. */
const mostWaiting = 16_000_000;

/** `/sockets/bash-events`: all single commands of the server and their output, as they come (agent-server protocol §3.2). */
export function bashSockets(open: () => Promise<BashCommands>, log: Log): SocketFamily {
  let clients = 0;
  const serve = async (client: Client, isResent: boolean): Promise<void> => {
    if (clients >= mostClients) return client.close(closeCodes.tryLater, "Too many bash event connections");
    clients++;
    try {
      const bash = await open();
      const follower = new BashFollower(client);
      using _listening = bash.listen((event) => follower.tell(event));
      await Promise.all([isResent ? resend(bash, follower) : follower.begin(), hearAll(bash, client, log)]);
    } finally {
      clients--;
    }
  };
  return {
    at: (path, query) => {
      if (path !== "/sockets/bash-events") return undefined;
      const asked = BashSocketQuery.safeParse(query).data;
      return asked && ((client) => serve(client, asked.resend_mode === "all" || asked.resend_all === true));
    },
  };
}

async function resend(bash: BashCommands, follower: BashFollower): Promise<void> {
  let next: string | null | undefined;
  do {
    const page = await bash.search(BashSearch.parse(next == null ? {} : { page_id: next }));
    for (const event of page.items) await follower.resend(event);
    next = page.next_page_id;
  } while (next !== null && !follower.isGone);
  follower.begin();
}

/** What one client is told: what was before comes first, and what comes meanwhile waits. */
class BashFollower {
  readonly #client: Client;
  /** Undefined: it is told at once. */
  #waiting: { readonly events: Map<string, BashEvent>; characters: number } | undefined = { events: new Map(), characters: 0 };

  constructor(client: Client) {
    this.#client = client;
  }

  get isGone(): boolean {
    return this.#client.gone.aborted;
  }

  tell(event: BashEvent): void {
    if (this.#waiting === undefined) this.#send(event);
    else {
      this.#waiting.events.set(event.id, event);
      this.#waiting.characters += sizeOf(event);
      if (this.#waiting.characters > mostWaiting) this.#tooSlow();
    }
  }

  async resend(event: BashEvent): Promise<void> {
    this.#waiting?.events.delete(event.id);
    if (this.#client.isBehind) await this.#client.flushed();
    this.#send(event);
  }

  begin(): void {
    const events = this.#waiting?.events.values() ?? [];
    this.#waiting = undefined;
    for (const event of events) this.#send(event);
  }

  #send(event: BashEvent): void {
    if (this.#client.waitingBytes > mostWaiting) this.#tooSlow();
    else this.#client.send(Buffer.from(JSON.stringify(event)));
  }

  #tooSlow(): void {
    this.#waiting = undefined;
    this.#client.close(closeCodes.tryLater, "Too slow");
  }
}

function sizeOf(event: BashEvent): number {
  return event.kind === "BashOutput" ? (event.stdout?.length ?? 0) + (event.stderr?.length ?? 0) : event.command.length;
}

/** One request after the other, until the client has gone; its commands go on then. */
async function hearAll(bash: BashCommands, client: Client, log: Log): Promise<void> {
  for (let text = await client.next(); text !== undefined; text = await client.next()) {
    if (isLateAuth(text)) continue;
    try {
      await startBash(bash, BashRequest.parse(JSON.parse(text)));
    } catch (error) {
      const fault = faultOf(error);
      // Never what was asked: commands are in no log (§10.44).
      log.info("A command over a socket was refused.", { code: fault.code });
      client.send(Buffer.from(JSON.stringify(fault)));
    }
  }
}

function faultOf(error: unknown): BashError {
  const { code, detail } = wordsOf(error);
  return { kind: "BashError", id: randomUUID().replaceAll("-", ""), timestamp: new Date().toISOString(), code, detail };
}

function wordsOf(error: unknown): Pick<BashError, "code" | "detail"> {
  if (error instanceof SyntaxError) return { code: "JSONDecodeError", detail: "The frame is not JSON." };
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return { code: "ValidationError", detail: `${issue?.path.join(".") || "request"}: ${issue?.message ?? "invalid"}` };
  }
  return { code: error instanceof Refusal ? "TooManyCommands" : "InternalError", detail: messageOf(error) };
}
