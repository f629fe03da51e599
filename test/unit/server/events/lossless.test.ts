import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Event } from "../../../../src/protocol/events.ts";
import { type Frame, openSocketServer, type SocketClient, type TestSocketServer } from "../../../support/socketServer.ts";

type Step =
  | { readonly type: "say"; readonly count: number; readonly size: number }
  | { readonly type: "connect"; readonly query: string }
  | { readonly type: "drop" | "come back" | "stall"; readonly who: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("say" as const), count: fc.integer({ min: 1, max: 6 }), size: fc.constantFrom(1, 300_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("connect" as const), query: fc.constantFrom("", "?resend_mode=all", "?resend_all=true") }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("drop" as const, "come back" as const, "stall" as const), who: fc.nat(7) }) },
);

/** One who listens, over as many connections as it takes; it knows an event that it has heard by its id. */
class Listener {
  /** Where in the log it began. */
  readonly #from: number;
  readonly #server: TestSocketServer;
  readonly #heard: Frame[] = [];
  #client: SocketClient | undefined;

  private constructor(server: TestSocketServer, client: SocketClient, from: number) {
    this.#server = server;
    this.#client = client;
    this.#from = from;
  }

  static async begin(server: TestSocketServer, query: string, count: number): Promise<Listener> {
    return new Listener(server, await server.connect(query).live(), query === "" ? count : 0);
  }

  drop(): void {
    this.#client?.socket.terminate();
    this.#keep();
  }

  stall(): void {
    this.#client?.socket.pause();
  }

  /** With the time of what it heard last; who has heard nothing asks for all. */
  async comeBack(): Promise<void> {
    if (this.#client) return this.#client.socket.resume();
    const last = this.#heard.at(-1);
    const query = last === undefined ? "?resend_mode=all" : `?resend_mode=since&after_timestamp=${last.timestamp}`;
    this.#client = await this.#server.connect(query).live();
  }

  async hasAll(log: readonly Event[]): Promise<void> {
    await this.comeBack();
    const last = log.at(-1)?.id;
    const isOld = last === undefined || log.length <= this.#from || this.#heard.some(({ id }) => id === last);
    if (!isOld) await this.#client?.until(({ id }) => id === last);
    this.#keep();
    const place = new Map(log.map(({ id }, index) => [id, index]));
    const places = [...new Set(this.#heard.map(({ id }) => place.get(id) ?? -1))].filter((at) => at >= this.#from);
    assert.deepEqual(
      places,
      log.map((_, index) => index).filter((index) => index >= this.#from),
    );
  }

  #keep(): void {
    this.#heard.push(...(this.#client?.frames ?? []).filter(({ key }) => key !== "full_state"));
    this.#client = undefined;
  }
}

describe("listeners of a conversation", () => {
  it("lose no event and hear them in order, whenever they come, break off, stall and come back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24 }), async (steps) => {
        await using server = await openSocketServer();
        const listeners: Listener[] = [];
        const saying: Promise<void>[] = [];
        for (const now of steps) {
          if (now.type === "say")
            for (let index = 0; index < now.count; index++) {
              const said = { type: "message.send", conversationId: server.id, text: "x".repeat(now.size), run: false } as const;
              saying.push(server.test.host.handle(said));
            }
          else if (now.type === "connect") {
            // So that it is known what it must hear.
            await Promise.all(saying);
            listeners.push(await Listener.begin(server, now.query, (await server.get("/count")).body as number));
          } else {
            const who = listeners[now.who % Math.max(listeners.length, 1)];
            if (now.type === "drop") who?.drop();
            else if (now.type === "stall") who?.stall();
            else await who?.comeBack();
          }
        }
        await Promise.all(saying);
        const log = await allOf(server);
        for (const listener of listeners) await listener.hasAll(log);
      }),
      { numRuns: 25 },
    );
  });
});

async function allOf(server: TestSocketServer): Promise<Event[]> {
  const events: Event[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const { body } = await server.get(`/search${next === "" ? "" : `?page_id=${next}`}`);
    const page = body as { readonly items: Event[]; readonly next_page_id: string | null };
    events.push(...page.items);
    next = page.next_page_id;
  }
  return events;
}
