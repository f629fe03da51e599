import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import { type HeadlessServer, startHeadless } from "../../support/headlessServer.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

/** A thousand that leave behind what is known of each are more; so are functions that are compiled meanwhile, when none were before. */
const mostGrowthBytes = 1_500_000;
const atOnce = 8;
/** Others, such as those of a request, come and go. */
const lastingHandles = new Set(["TCPServerWrap", "PipeWrap", "ProcessWrap", "FSEventWrap", "StatWatcher", "Worker", "MessagePort"]);

interface Held {
  readonly heapBytes: number;
  readonly handles: readonly string[];
  readonly files: number;
}

/** What the server holds when nothing is going on any more. */
async function held({ child, log }: HeadlessServer): Promise<Held> {
  const before = log().length;
  child.kill("SIGUSR2");
  const line = await until("the server to say what it holds", async () => /^held (\{.*\})\n/m.exec(log().slice(before))?.[1]);
  const { heapBytes, handles } = JSON.parse(line);
  const lasting = handles.filter((name: string) => lastingHandles.has(name));
  return { heapBytes, handles: lasting, files: (await readdir(`/proc/${child.pid}/fd`)).length };
}

async function times(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const agent = { kind: "Agent", llm: { model: "openai/none", usage_id: "agent", api_key: "none" }, tools: [{ name: "terminal" }] };

describe("what sandbox-server holds (HS-20)", function () {
  this.timeout(600_000);
  this.slow(300_000);

  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let server: HeadlessServer;

  before(async function () {
    if (!existsSync("/proc/self/fd")) this.skip();
    folder = await tempFolder();
    const tell = pathToFileURL(path.join(import.meta.dirname, "fixtures", "tellMemory.ts")).href;
    server = await startHeadless({
      workspace: folder.path,
      args: ["--data", path.join(folder.path, "data")],
      env: { NODE_OPTIONS: `--import ${tell}`, OH_SECRET_KEY: "a secret key" },
    });
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const begin = async (): Promise<string> => {
    const { status, json } = await server.ask("/api/conversations", {
      json: { workspace: { working_dir: folder.path }, agent, autotitle: false, tags: { kind: "short" } },
    });
    equal(status, 201);
    return json.id;
  };
  const message = { content: [{ type: "text", text: "Hello." }], run: false };

  /** The same before, less often, because what is loaded, compiled and cached once is no growth. */
  async function isFlat(count: number, work: (index: number) => Promise<void>): Promise<void> {
    await times(count / 4, work);
    const before = await held(server);
    await times(count, work);
    const after = await held(server);
    ok(after.heapBytes - before.heapBytes < mostGrowthBytes, `${after.heapBytes - before.heapBytes} bytes more`);
    deepEqual(after.handles, before.handles);
    // Connections that the tests keep open come and go.
    ok(after.files - before.files <= 2 * atOnce, `${after.files - before.files} files more`);
  }

  it("is the same after a thousand conversations that were begun, used and deleted", async () => {
    await isFlat(1_000, async () => {
      const id = await begin();
      equal((await server.ask(`/api/conversations/${id}/events`, { json: message })).status, 200);
      equal((await server.ask(`/api/conversations/${id}`)).status, 200);
      equal((await server.ask(`/api/conversations/${id}`, { method: "DELETE" })).status, 200);
      equal((await server.ask(`/api/conversations/${id}`)).status, 404);
    });
    equal((await server.ask("/api/conversations/count")).json, 0);
  });

  it("is the same after ten thousand requests, also for what is not there", async () => {
    const id = await begin();
    const paths = ["/api/conversations/search", `/api/conversations/${id}`, `/api/conversations/${id}/events/search`, "/api/settings"];
    await isFlat(10_000, async (index) => {
      const unknown = `/api/conversations/00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
      const asked = index % 2 === 0 ? (paths[(index / 2) % paths.length] ?? "") : unknown;
      equal((await server.ask(asked)).status, asked === unknown ? 404 : 200);
    });
  });

  it("is the same after a thousand sockets that came and went", async () => {
    const id = await begin();
    await server.ask(`/api/conversations/${id}/events`, { json: message });
    await isFlat(1_000, async (index) => {
      const mode = index % 2 === 0 ? "&resend_mode=all" : "";
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/sockets/events/${id}?session_api_key=${server.key}${mode}`);
      const heard = once(socket, "message");
      await once(socket, "open");
      await heard;
      const closed = once(socket, "close");
      if (index % 3 === 0) socket.terminate();
      else socket.close();
      await closed;
    });
  });
});
