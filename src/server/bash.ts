import * as z from "zod";
import {
  BashCommand,
  BashEvent,
  BashEventIds,
  BashEventPath,
  BashOutput,
  BashRequest,
  BashSearch,
  pageOf,
} from "../protocol/agentServer/base.ts";
import type { BashCommands } from "../runtime/machine/bash/bashCommands.ts";
import { Refusal } from "./answers.ts";
import type { Routes } from "./routes.ts";

const mostRunning = 64;
const tag = "Bash";

/** `/api/bash/*`: single commands and their events (agent-server protocol §2.4). `open` is called when one is first asked for. */
export function addBash(routes: Routes, open: () => Promise<BashCommands>): void {
  addCommands(routes, open);
  addEvents(routes, open);
}

function addCommands(routes: Routes, open: () => Promise<BashCommands>): void {
  const start = async (request: BashRequest) => startBash(await open(), request);
  routes.add(
    ["post", "/api/bash/start_bash_command"],
    { summary: "Start a command and answer at once", tag, body: BashRequest, answer: BashCommand, refuses: [429] },
    async ({ body }) => (await start(body)).command,
  );
  routes.add(
    ["post", "/api/bash/execute_bash_command"],
    {
      summary: "Run a command to its end; the answer is the last part of its output",
      tag,
      body: BashRequest,
      answer: BashOutput,
      refuses: [429],
    },
    async ({ body }) => await (await start(body)).end,
  );
}

/** Throws a Refusal when too many run. */
export async function startBash(bash: BashCommands, request: BashRequest): ReturnType<BashCommands["start"]> {
  if (bash.running >= mostRunning) throw new Refusal(429, `${mostRunning} commands run already. Wait until one has ended.`);
  return bash.start(request);
}

function addEvents(routes: Routes, open: () => Promise<BashCommands>): void {
  routes.add(
    ["get", "/api/bash/bash_events/search"],
    { summary: "Search commands and their output", tag, query: BashSearch, answer: pageOf(BashEvent) },
    async ({ query }) => (await open()).search(query),
  );
  routes.add(
    ["get", "/api/bash/bash_events/:event_id"],
    { summary: "One command, or one part of its output", tag, params: BashEventPath, answer: BashEvent, refuses: [404] },
    async ({ params }) => {
      const event = await (await open()).get(params.event_id);
      if (event === undefined) throw new Refusal(404, "Not Found");
      return event;
    },
  );
  routes.add(
    ["delete", "/api/bash/bash_events"],
    { summary: "Forget all commands and their output", tag, answer: z.object({ cleared_count: z.number().int() }) },
    async () => ({ cleared_count: await (await open()).clear() }),
  );
  const shape = { summary: "Several events by their ids; null for those that are not there", tag, body: BashEventIds };
  for (const method of ["get", "post"] as const) {
    routes.add([method, "/api/bash/bash_events"], { ...shape, answer: z.array(BashEvent.nullable()) }, async ({ body }) => {
      const bash = await open();
      return Promise.all(body.map(async (id) => (await bash.get(id.replaceAll("-", "").toLowerCase())) ?? null));
    });
  }
}
