import type { ClientHttp2Session } from "node:http2";
import { ShellLine } from "../../protocol/runtimeApi.ts";
import { type OutputListener, type PersonShell, RuntimeError, type TerminalSize } from "../runtime.ts";
import { ask, linesOf, toRuntimeError } from "./http2Client.ts";
import { Outgoing } from "./outgoing.ts";

const openTimeoutMs = 15_000;

/** A shell of the person's own over there; it lives as long as its request. */
export async function openRemoteShell(session: ClientHttp2Session, size: TerminalSize): Promise<PersonShell> {
  const ended = new AbortController();
  const late = setTimeout(() => ended.abort(new RuntimeError("unreachable", "The sandbox does not answer.")), openTimeoutMs);
  try {
    const answer = await ask(session, { method: "POST", path: "/api/runtime/shells", json: size, signal: ended.signal });
    const lines = linesOf(answer, ShellLine, ended.signal);
    const { value: first } = await lines.next();
    if (first?.type === "error") throw toRuntimeError(first.fault);
    if (first?.type !== "opened") throw toRuntimeError(first);
    return new RemoteShell(first.id, { session, lines, ended });
  } catch (error) {
    ended.abort();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

interface RemoteShellParts {
  readonly session: ClientHttp2Session;
  readonly lines: AsyncIterable<ShellLine>;
  readonly ended: AbortController;
}

class RemoteShell implements PersonShell {
  readonly id: string;
  readonly #outgoing: Outgoing;
  readonly #ended: AbortController;
  readonly #listeners = new Set<OutputListener>();
  readonly #exit: Promise<number | null>;

  constructor(id: string, { session, lines, ended }: RemoteShellParts) {
    this.id = id;
    this.#outgoing = new Outgoing(session, `/api/runtime/shells/${encodeURIComponent(id)}`);
    this.#ended = ended;
    this.#exit = this.#read(lines);
  }

  onOutput(listener: OutputListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  onEnd(listener: (exitCode: number | null) => void): Disposable {
    let isListening = true;
    void this.#exit.then((exitCode) => isListening && listener(exitCode));
    return { [Symbol.dispose]: () => (isListening = false) };
  }

  type(keys: string): void {
    this.#outgoing.type(keys);
  }

  resize(cols: number, rows: number): void {
    this.#outgoing.resize({ cols, rows });
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }

  /** Not before who has asked for it listens. */
  async #read(lines: AsyncIterable<ShellLine>): Promise<number | null> {
    await new Promise(setImmediate);
    try {
      for await (const line of lines) {
        if (line.type === "output") await this.#show(line.text);
        if (line.type === "ended") return line.exitCode;
      }
    } catch {
      // Because it was ended from here, or the sandbox is gone: how it ended is not known.
    }
    return null;
  }

  async #show(text: string): Promise<void> {
    for (const listener of this.#listeners) {
      const ready: unknown = listener(text);
      if (ready instanceof Promise) await ready;
    }
  }
}
