// Conversations over the routes of events, with a log that the test has written by hand.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Hono } from "hono";
import { encodeRecord } from "../../src/conversation/record.ts";
import { ConversationStore } from "../../src/conversation/store.ts";
import type { Event } from "../../src/protocol/events.ts";
import type { ConversationId } from "../../src/protocol/ids.ts";
import { addErrors } from "../../src/server/answers.ts";
import { addEvents } from "../../src/server/events/eventRoutes.ts";
import { WireLogs } from "../../src/server/events/wireLogs.ts";
import { Routes } from "../../src/server/routes.ts";
import { newId, openTestHost, quietLog, type TestHost, type TestHostOptions, tempFolder } from "./workspaces.ts";

export interface EventServer extends AsyncDisposable {
  readonly test: TestHost;
  readonly id: ConversationId;
  /** The answer's status and JSON to what is asked below `/api/conversations/<id>/events`. */
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  readonly app: Hono;
  readonly logs: WireLogs;
}

export interface EventServerOptions extends TestHostOptions {
  /** What is in the log; without it the conversation is a new one. */
  readonly events?: readonly Event[];
  /** Logs above this are read from the disk. */
  readonly keepBytes?: number;
}

export async function openEventServer({ events, keepBytes, ...options }: EventServerOptions = {}): Promise<EventServer> {
  const folder = await tempFolder();
  const written = events === undefined ? undefined : await writeEvents(folder.path, events);
  const host = keepBytes === undefined ? {} : { store: new ConversationStore(folder.path, { keepBytes }) };
  const test = await openTestHost({ ...options, host, storeFolder: folder.path, ...(written ? { id: written } : {}) });
  const app = new Hono({ strict: false });
  addErrors(app, quietLog);
  const logs = new WireLogs(test.host);
  addEvents(new Routes(app), { host: test.host, logs });
  const base = `/api/conversations/${test.id}/events`;
  const answered = async (response: Response) => ({ status: response.status, body: await response.json() });
  return {
    test,
    id: test.id,
    app,
    logs,
    get: async (below) => answered(await app.request(`${base}${below}`)),
    post: async (below, body) =>
      answered(
        await app.request(`${base}${below}`, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      ),
    async [Symbol.asyncDispose]() {
      logs[Symbol.dispose]();
      await test[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A conversation with exactly these events. */
export async function writeEvents(storeFolder: string, events: readonly Event[]): Promise<ConversationId> {
  const id = newId();
  await mkdir(path.join(storeFolder, id));
  await writeFile(path.join(storeFolder, id, "events.jsonl"), events.map((event, seq) => encodeRecord(seq, event)).join(""));
  return id;
}
