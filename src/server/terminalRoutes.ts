import type { Hono } from "hono";
import { TerminalRequest } from "../protocol/runtime.ts";
import type { TerminalLine } from "../protocol/runtimeApi.ts";
import { type Runtime, RuntimeError } from "../runtime/runtime.ts";
import { body, toFault } from "./bodies.ts";

/** `/api/runtime/terminal/*`. */
export function addTerminal(app: Hono, { terminal }: Runtime): void {
  const running = new Map<AbortController, Promise<void>>();
  app.post("/api/runtime/terminal/run", (c) => {
    const interrupt = new AbortController();
    const signal = AbortSignal.any([c.req.raw.signal, interrupt.signal]);
    const settled = Promise.withResolvers<void>();
    // Before anything is awaited, so that an interrupt that comes right behind finds it.
    running.set(interrupt, settled.promise);
    const run = async (send: Send): Promise<void> => {
      try {
        const request = await body(c, TerminalRequest);
        // An interrupt that came before this is one of what runs: it must not make the request as if it had never come.
        const late = new AbortController();
        const result = terminal.run(request, { signal: late.signal, onOutput: (text) => send({ type: "output", text }) });
        const abort = (): void => late.abort(signal.reason);
        if (signal.aborted) abort();
        signal.addEventListener("abort", abort, { once: true });
        void send({ type: "result", result: await result });
      } finally {
        running.delete(interrupt);
        settled.resolve();
      }
    };
    return lines(run, c.req.raw.signal);
  });
  app.post("/api/runtime/terminal/interrupt", async (c) => {
    for (const interrupt of running.keys()) interrupt.abort(new RuntimeError("failed", "Interrupted."));
    await Promise.all(running.values());
    return c.json({ success: true });
  });
  app.post("/api/runtime/terminal/reset", async (c) => {
    await terminal.reset(c.req.raw.signal);
    return c.json({ success: true });
  });
}

/** Gives a promise when the client has enough for now; it settles when there is room again. */
type Send = (line: TerminalLine) => Promise<void> | undefined;

/** What may wait for a client that reads slowly; then the output that it watches is left out, which its command's result never is. */
const waitingBytes = { mostOfWatched: 4 * 1024 * 1024, enough: 256 * 1024 };

/** An answer that is written while it is made; a failure after its begin is its last line. */
function lines(make: (send: Send) => Promise<void>, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  let hasRoom: PromiseWithResolvers<void> | undefined;
  const start = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const send: Send = (line) => {
      const room = controller.desiredSize ?? 0;
      if (signal.aborted || (line.type === "output" && room < -waitingBytes.mostOfWatched)) return hasRoom?.promise;
      controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      if ((controller.desiredSize ?? 0) > 0) return undefined;
      hasRoom ??= Promise.withResolvers<void>();
      return hasRoom.promise;
    };
    await make(send).catch((error: unknown) => send({ type: "error", fault: toFault(error) }));
    if (!signal.aborted) controller.close();
  };
  const pull = (): void => {
    hasRoom?.resolve();
    hasRoom = undefined;
  };
  const stream = new ReadableStream<Uint8Array>(
    { start: (controller) => void start(controller), pull },
    { highWaterMark: waitingBytes.enough, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
}
