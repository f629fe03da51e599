import type { Context, Hono } from "hono";
import { KeysRequest, type ShellLine, SizeRequest } from "../protocol/runtimeApi.ts";
import { type PersonRuntime, type PersonShell, RuntimeError } from "../runtime/runtime.ts";
import { body } from "./bodies.ts";
import { outputLines } from "./outputLines.ts";
import type { SendOutput } from "./waitingOutput.ts";

/** `/api/runtime/shells/*`, shells of a person's own, and `/api/runtime/terminals`. */
export function addShells(app: Hono, runtime: PersonRuntime): void {
  const shells = new Map<string, PersonShell>();
  const shellOf = (c: Context): PersonShell => {
    const shell = shells.get(c.req.param("id") ?? "");
    if (shell === undefined) throw new RuntimeError("not-found", "There is no such shell, or it has ended.");
    return shell;
  };
  app.post("/api/runtime/shells", async (c) => {
    const { signal } = c.req.raw;
    const shell = await runtime.openShell(await body(c, SizeRequest));
    shells.set(shell.id, shell);
    const make = async (send: SendOutput): Promise<ShellLine | undefined> => {
      using _output = shell.onOutput(send);
      const exitCode = await ended(shell, signal);
      shells.delete(shell.id);
      shell[Symbol.dispose]();
      return { type: "ended", exitCode };
    };
    return outputLines({ first: { type: "opened", id: shell.id } satisfies ShellLine, make, signal });
  });
  app.post("/api/runtime/shells/:id/type", async (c) => {
    const { keys } = await body(c, KeysRequest);
    shellOf(c).type(keys);
    return c.json({ success: true });
  });
  app.post("/api/runtime/shells/:id/resize", async (c) => {
    const { cols, rows } = await body(c, SizeRequest);
    shellOf(c).resize(cols, rows);
    return c.json({ success: true });
  });
  app.delete("/api/runtime/shells/:id", (c) => {
    shellOf(c)[Symbol.dispose]();
    return c.json({ success: true });
  });
  app.get("/api/runtime/terminals", async (c) => c.json({ terminals: await runtime.terminals(c.req.raw.signal) }));
}

/** Its exit code; null when the client has gone first. */
async function ended(shell: PersonShell, signal: AbortSignal): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const leave = (): void => resolve(null);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  using _end = shell.onEnd(resolve);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
