import { StringDecoder } from "node:string_decoder";
import type { ListedTerminal } from "../../protocol/runtime.ts";
import { type OutputListener, type PersonShell, RuntimeError, type TerminalSize } from "../runtime.ts";
import { type EndedShell, endShells } from "./endShells.ts";
import { markVariable } from "./environment.ts";
import { foregroundOf } from "./foreground.ts";
import { whyNoPty } from "./pty.ts";
import type { ShellProcess, SpawnShell } from "./shellProcess.ts";

const mostShells = 16;

export interface PersonShellsOptions {
  readonly pty: SpawnShell | undefined;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** The name of the terminal's private folder: by it what is left of a host that was killed is found. */
  readonly owner: string;
  readonly workingDir: string;
}

/** Shells of the person's own, each on a pseudo terminal of its own, as they are: without markers, start-up files of ours or an agent. */
export class PersonShells implements AsyncDisposable {
  readonly #options: PersonShellsOptions;
  readonly #shells = new Set<OwnShell>();
  readonly #ending = new Set<Promise<void>>();
  #count = 0;
  #isClosed = false;

  constructor(options: PersonShellsOptions) {
    this.#options = options;
  }

  async open({ cols, rows }: TerminalSize): Promise<PersonShell> {
    if (this.#isClosed) throw new RuntimeError("closed", "No shell can be opened, because its conversation has ended.");
    if (this.#shells.size >= mostShells)
      throw new RuntimeError("too-many", `There are ${mostShells} shells already. Close one of them to open another.`);
    const { pty, program, env, owner, workingDir } = this.#options;
    if (pty === undefined) throw new RuntimeError("no-shell", `A shell needs a terminal, and none can be had here, because ${whyNoPty()}.`);
    const id = `shell-${++this.#count}`;
    const mark = { name: "OPENHANDS_SHELL", value: `${owner}-${id}` };
    // Not a login shell: that would set the PATH of an image back to the system's own.
    const launch = { program, args: ["-i"], cwd: workingDir, cols, rows };
    const marked = { ...env, TERM: "xterm-256color", [markVariable]: owner, [mark.name]: mark.value };
    try {
      const shell = new OwnShell(id, {
        spawn: (listener) => pty({ ...launch, env: marked }, listener),
        end: (ended) => this.#end(ended, `${mark.name}=${mark.value}`),
      });
      this.#shells.add(shell);
      return shell;
    } catch (cause) {
      throw new RuntimeError("no-shell", `${program} cannot be started here, or the machine has no pseudo terminal left.`, { cause });
    }
  }

  list(): Promise<ListedTerminal[]> {
    return Promise.all(
      [...this.#shells].map(async ({ id, process }) => {
        const { command, workingDir } = await foregroundOf(process.pid);
        return { id, owner: "person", command, workingDir: workingDir ?? this.#options.workingDir };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const shell of this.#shells) shell[Symbol.dispose]();
    await Promise.all(this.#ending);
  }

  /** What it has started ends with it, also when the person has left it by `exit`. */
  #end(shell: OwnShell, mark: string): void {
    if (!this.#shells.delete(shell)) return;
    const ending = endShells([shell], mark)
      .then(() => shell.exit(500))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

interface OwnShellParts {
  readonly spawn: (listener: Parameters<SpawnShell>[1]) => ShellProcess;
  /** Is called when it has ended or is to end. */
  readonly end: (shell: OwnShell) => void;
}

class OwnShell implements PersonShell, EndedShell {
  readonly id: string;
  readonly process: ShellProcess;
  readonly #end: () => void;
  readonly #decoder = new StringDecoder("utf8");
  readonly #outputListeners = new Set<OutputListener>();
  readonly #exited = Promise.withResolvers<number | null>();
  /** How many watchers have had enough for now. */
  #holding = 0;
  #isDisposed = false;
  hasExited = false;

  constructor(id: string, { spawn, end }: OwnShellParts) {
    this.id = id;
    this.#end = () => end(this);
    this.process = spawn({
      onData: (bytes) => this.#receive(this.#decoder.write(bytes)),
      onExit: (exitCode) => {
        this.#receive(this.#decoder.end());
        this.hasExited = true;
        this.#exited.resolve(exitCode);
        this.#end();
      },
    });
  }

  onOutput(listener: OutputListener): Disposable {
    this.#outputListeners.add(listener);
    return { [Symbol.dispose]: () => this.#outputListeners.delete(listener) };
  }

  onEnd(listener: (exitCode: number | null) => void): Disposable {
    let isListening = true;
    void this.#exited.promise.then((exitCode) => isListening && listener(exitCode));
    return { [Symbol.dispose]: () => (isListening = false) };
  }

  type(keys: string): void {
    this.process.write(keys);
  }

  resize(cols: number, rows: number): void {
    this.process.resize(cols, rows);
  }

  async exit(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([promise, this.#exited.promise]);
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#outputListeners.clear();
    // One that is held back would not end.
    this.process.resume();
    this.#end();
  }

  #receive(text: string): void {
    if (text === "" || this.#isDisposed) return;
    for (const listener of this.#outputListeners) {
      const ready: unknown = listener(text);
      if (ready instanceof Promise) this.#holdUntil(ready);
    }
  }

  #holdUntil(ready: Promise<unknown>): void {
    if (this.#holding++ === 0) this.process.pause();
    const goOn = (): void => {
      if (--this.#holding === 0) this.process.resume();
    };
    ready.then(goOn, goOn);
  }
}
