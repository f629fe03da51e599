import type { ClientHttp2Session } from "node:http2";
import type { TerminalResult } from "../../protocol/runtime.ts";
import { TerminalLine, WatchLine } from "../../protocol/runtimeApi.ts";
import { type OutputListener, type PersonTerminal, RuntimeError } from "../runtime.ts";
import { type Answer, ask, askJson, askOnce, linesOf, toRuntimeError } from "./http2Client.ts";
import { Outgoing } from "./outgoing.ts";

const route = "/api/runtime/terminal";

export function remoteTerminal(session: ClientHttp2Session): PersonTerminal {
  const outgoing = new Outgoing(session, route);
  const listeners = new Set<(text: string) => void>();
  let watching: AbortController | undefined;
  return {
    run: async (request, { signal, onOutput }) => {
      signal.throwIfAborted();
      // What was typed before comes before.
      if (outgoing.sending !== undefined) await outgoing.sending;
      signal.throwIfAborted();
      // Not the person's signal: the command has to be interrupted over there before the request may end here.
      const ended = new AbortController();
      const interrupt = (): void => void interruptPatiently(session).finally(() => ended.abort(signal.reason));
      signal.addEventListener("abort", interrupt, { once: true });
      try {
        const question = { method: "POST", path: `${route}/run`, json: request, signal: ended.signal } as const;
        const result = await askOnce(session, question, (answer) => readResult(answer, ended.signal, onOutput));
        signal.throwIfAborted();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", interrupt);
      }
    },
    reset: async (signal) => {
      await askJson(session, { method: "POST", path: `${route}/reset`, json: {}, signal });
    },
    onRaw: (listener) => {
      // One of its own, because the same function may listen twice.
      const own = (text: string): void => listener(text);
      listeners.add(own);
      if (watching === undefined) {
        watching = new AbortController();
        void watch(session, listeners, watching.signal);
      }
      return {
        [Symbol.dispose]: () => {
          listeners.delete(own);
          if (listeners.size > 0) return;
          watching?.abort();
          watching = undefined;
        },
      };
    },
    type: (keys) => outgoing.type(keys),
    resize: (cols, rows) => outgoing.resize({ cols, rows }),
    interrupt: () => interruptPatiently(session),
  };
}

const interruptTimeoutMs = 4_000;

/** Resolves when the shell over there is usable again; at the latest after a while, because the sandbox may be gone. */
async function interruptPatiently(session: ClientHttp2Session): Promise<void> {
  const signal = AbortSignal.timeout(interruptTimeoutMs);
  try {
    await askJson(session, { method: "POST", path: `${route}/interrupt`, json: {}, signal });
  } catch {
    // A run is told why by its own request; the server interrupts what that was for when it ends.
  }
}

async function readResult(answer: Answer, signal: AbortSignal, onOutput: OutputListener | undefined): Promise<TerminalResult> {
  const show = patiently(onOutput);
  for await (const line of linesOf(answer, TerminalLine, signal)) {
    if (line.type === "output") await show(line.text);
    if (line.type === "result") return line.result;
    if (line.type === "error") throw toRuntimeError(line.fault);
  }
  throw new RuntimeError("unreachable", "The sandbox ended while the command ran. Its outcome is unknown.");
}

/** As long as a machine waits for who watches (machine/holdback.ts). */
const patienceMs = 100;

/** Waits while the watcher has too much; who is late is not waited for until they have caught up. */
function patiently(watcher: OutputListener | undefined): (text: string) => Promise<void> {
  let isLate = false;
  return async (text) => {
    const ready: unknown = watcher?.(text);
    if (isLate || !(ready instanceof Promise)) return;
    isLate = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    const caughtUp = (): void => {
      isLate = false;
      resolve();
    };
    ready.then(caughtUp, caughtUp);
    await promise;
    clearTimeout(timer);
  };
}

/** Ends with the signal, or with the sandbox, of which others tell. */
async function watch(session: ClientHttp2Session, listeners: ReadonlySet<(text: string) => void>, signal: AbortSignal): Promise<void> {
  try {
    const answer = await ask(session, { method: "GET", path: `${route}/watch`, signal });
    for await (const line of linesOf(answer, WatchLine, signal)) {
      if (line.type === "error") return;
      for (const listener of listeners) listener(line.text);
    }
  } catch {
    // What is not seen any more is no failure of anything that was asked for.
  }
}
