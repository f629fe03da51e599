import type { Hono } from "hono";
import { TerminalRequest } from "../protocol/runtime.ts";
import { KeysRequest, SizeRequest, type TerminalLine } from "../protocol/runtimeApi.ts";
import { type PersonRuntime, RuntimeError } from "../runtime/runtime.ts";
import { tellOutcome } from "./answerOnce.ts";
import { body } from "./bodies.ts";
import { outputLines, outputLinesSoon } from "./outputLines.ts";
import type { SendOutput } from "./waitingOutput.ts";

/** `/api/runtime/terminal/*`. */
export function addTerminal(app: Hono, { terminal }: PersonRuntime): void {
  const running = new Map<AbortController, Promise<void>>();
  app.post("/api/runtime/terminal/run", async (c) => {
    const interrupt = new AbortController();
    const { signal } = interrupt;
    const client = c.req.raw.signal;
    const unfollow = follow(interrupt, client);
    const settled = Promise.withResolvers<void>();
    // Before anything is awaited, so that an interrupt that comes right behind finds it.
    running.set(interrupt, settled.promise);
    const make = async (onOutput: SendOutput): Promise<TerminalLine> => {
      try {
        const request = await body(c, TerminalRequest);
        // An interrupt that came before this is one of what runs: it must not make the request as if it had never come.
        const late = new AbortController();
        const result = terminal.run(request, { signal: late.signal, onOutput });
        const abort = (): void => late.abort(signal.reason);
        if (signal.aborted) abort();
        signal.addEventListener("abort", abort, { once: true });
        return { type: "result", result: await result };
      } finally {
        unfollow();
        running.delete(interrupt);
        settled.resolve();
      }
    };
    return await outputLinesSoon({ make, signal: client }, (line) => tellOutcome(c, line));
  });
  app.post("/api/runtime/terminal/interrupt", async (c) => {
    // At once, so that it does not meet a later command.
    const interrupted = terminal.interrupt();
    for (const interrupt of running.keys()) interrupt.abort(new RuntimeError("failed", "Interrupted."));
    await Promise.all([interrupted, ...running.values()]);
    return c.json({ success: true });
  });
  app.post("/api/runtime/terminal/reset", async (c) => {
    await terminal.reset(c.req.raw.signal);
    return c.json({ success: true });
  });
  app.get("/api/runtime/terminal/watch", (c) => {
    const { signal } = c.req.raw;
    const make = async (send: SendOutput): Promise<undefined> => {
      using _watching = terminal.onRaw((text) => void send(text));
      await aborted(signal);
    };
    return outputLines({ make, signal });
  });
  app.post("/api/runtime/terminal/type", async (c) => {
    const { keys } = await body(c, KeysRequest);
    terminal.type(keys);
    return c.json({ success: true });
  });
  app.post("/api/runtime/terminal/resize", async (c) => {
    const { cols, rows } = await body(c, SizeRequest);
    terminal.resize(cols, rows);
    return c.json({ success: true });
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

/**
 * Aborts `one` when `other` is aborted, until the returned function is called. Not AbortSignal.any: what listens to that one's signal keeps it, and
 * with it a whole request, for ever.
 */
function follow(one: AbortController, other: AbortSignal): () => void {
  const abort = (): void => one.abort(other.reason);
  if (other.aborted) abort();
  other.addEventListener("abort", abort, { once: true });
  return () => other.removeEventListener("abort", abort);
}
