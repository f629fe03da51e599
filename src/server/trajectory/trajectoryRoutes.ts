import { Readable } from "node:stream";
import { ConversationPath } from "../../protocol/agentServer/conversations.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import { fullStateOf } from "../events/fullState.ts";
import { wireEvent, withoutNulls } from "../events/wire.ts";
import type { Hosting } from "../hosting/hosting.ts";
import type { Routes } from "../routes.ts";
import { type ZipEntry, zip } from "./zip.ts";

/** `/api/file/download-trajectory`: all of a conversation that clients may see, as a zip file (agent-server protocol §2.5, §10.42). */
export function addTrajectories(routes: Routes, hosting: Hosting): void {
  const shape = {
    summary: "A conversation as a zip file",
    tag: "Files",
    params: ConversationPath,
    gives: "application/zip",
    refuses: [404] as const,
  };
  routes.add(["get", "/api/file/download-trajectory/:conversation_id"], shape, async ({ params: { conversation_id: id }, c }) => {
    await hosting.require(id);
    const headers = {
      "content-type": "application/zip",
      "content-disposition": `attachment; filename="${id}.zip"`,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    };
    return c.body(Readable.toWeb(Readable.from(zip(entriesOf(hosting, id)))), 200, headers);
  });
}

/** So many events are read at once. */
const perRead = 500;

/** Named as official servers keep them. */
async function* entriesOf(hosting: Hosting, id: ConversationId): AsyncGenerator<ZipEntry> {
  const info = await hosting.infoOf(id, { skills: true });
  const { agent: _, stats: __, ...meta } = info;
  yield { name: "meta.json", bytes: json(meta) };
  yield { name: "base_state.json", bytes: json(fullStateOf(info, (await hosting.require(id)).state)) };
  using held = await hosting.logs.hold(id);
  const { log } = held;
  const { count } = log.index;
  for (let from = 0; from < count; from += perRead) {
    const rows = Array.from({ length: Math.min(perRead, count - from) }, (_row, index) => from + index);
    for (const [index, event] of (await log.read(rows)).entries()) {
      // What cannot be read any more is left out.
      if (event === undefined) continue;
      const number = String(from + index).padStart(5, "0");
      yield { name: `events/event-${number}-${event.id}.json`, bytes: json(withoutNulls(wireEvent(event))) };
    }
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
