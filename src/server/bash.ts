import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context, Hono } from "hono";
import { BashEventIds, BashEventPath, BashRequest, BashSearch } from "../protocol/agentServer/base.ts";
import type { BashCommands } from "../runtime/machine/bash/bashCommands.ts";
import { bodyOf, paramsOf, parsed, parseJson, queryOf, Refusal } from "./answers.ts";

const mostRunning = 64;

/** `/api/bash/*`: single commands and their events (agent-server protocol §2.4). `open` is called when one is first asked for. */
export function addBash(app: Hono, open: () => Promise<BashCommands>): void {
  const start = async (c: Context) => {
    const request = await bodyOf(c, BashRequest);
    const bash = await open();
    if (bash.running >= mostRunning) throw new Refusal(429, `${mostRunning} commands run already. Wait until one has ended.`);
    return bash.start(request);
  };
  app.post("/api/bash/start_bash_command", async (c) => c.json((await start(c)).command));
  app.post("/api/bash/execute_bash_command", async (c) => c.json(await (await start(c)).end));
  app.get("/api/bash/bash_events/search", async (c) => c.json(await (await open()).search(queryOf(c, BashSearch))));
  app.get("/api/bash/bash_events/:event_id", async (c) => {
    const event = await (await open()).get(paramsOf(c, BashEventPath).event_id);
    if (event === undefined) throw new Refusal(404, "Not Found");
    return c.json(event);
  });
  app.delete("/api/bash/bash_events", async (c) => c.json({ cleared_count: await (await open()).clear() }));
  const batch = async (c: Context) => {
    const ids = parsed(parseJson(await bodyOfAny(c)), { schema: BashEventIds, place: "body" });
    const bash = await open();
    return c.json(await Promise.all(ids.map(async (id) => (await bash.get(id.replaceAll("-", "").toLowerCase())) ?? null)));
  };
  app.get("/api/bash/bash_events", batch);
  app.post("/api/bash/bash_events", batch);
}

/** Because the protocol has a GET with a body here, which a Request cannot have. */
async function bodyOfAny(c: Context): Promise<string> {
  if (c.req.method !== "GET") return c.req.text();
  const env: unknown = c.env;
  if (typeof env !== "object" || env === null || !("incoming" in env) || !(env.incoming instanceof Readable)) return "[]";
  return text(env.incoming);
}
