import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { withoutSecrets } from "../machine/environment.ts";
import type { SshTarget } from "./engineAddress.ts";

const graceMs = 2_000;
const mostErrorBytes = 4_096;

/**
 * Connections of HTTP to an engine behind SSH: each is a program `ssh … docker system dial-stdio`, as Docker's own command line does it. The
 * person's own ssh configuration, keys and agent count; it never asks for a password. Destroying the agent ends the programs that are idle.
 */
export function sshAgent(target: SshTarget, environment: Readonly<Record<string, string | undefined>>): Agent {
  const agent = new SshAgent({ keepAlive: true });
  agent.createConnection = () => openStream(target, environment);
  return agent;
}

/** Node's own keeps a socket alive by words that a program's stream does not have. */
class SshAgent extends Agent {
  override keepSocketAlive(stream: Duplex): boolean {
    return stream instanceof SshStream && stream.rest();
  }

  override reuseSocket(stream: Duplex): void {
    if (stream instanceof SshStream) stream.wake();
  }
}

function openStream(target: SshTarget, environment: Readonly<Record<string, string | undefined>>): SshStream {
  return new SshStream(spawn("ssh", sshArguments(target), { env: withoutSecrets(environment), stdio: "pipe", windowsHide: true }));
}

function sshArguments({ host, user, port, socket }: SshTarget): string[] {
  const remote = ["docker", ...(socket === "" ? [] : ["--host", quoted(`unix://${socket}`)]), "system", "dial-stdio"];
  const options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T"];
  return [...options, ...(user ? ["-l", user] : []), ...(port ? ["-p", port] : []), "--", host, ...remote];
}

/** A shell over there reads it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Both directions of the program. Its last words are the error of a stream that ends because the program failed. */
class SshStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #words = "";

  constructor(child: ChildProcessWithoutNullStreams) {
    super();
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#words = (this.#words + text).slice(-mostErrorBytes)));
    child.stdout.on("data", (bytes: Buffer) => void (this.push(bytes) || child.stdout.pause()));
    // A program that has ended takes no more; why it did is told by its exit.
    child.stdin.on("error", () => undefined);
    child.once("error", (error) => this.destroy(error));
    const outputEnd = new Promise<void>((resolve) => child.stdout.once("end", resolve));
    child.once("exit", (code) => void this.#onExit(code, outputEnd));
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(bytes, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.stderr.destroy();
    this.#child.stdout.destroy();
    this.#child.stdin.destroy();
    if (this.#child.exitCode === null && this.#child.kill()) {
      const late = setTimeout(() => this.#child.kill("SIGKILL"), graceMs).unref();
      this.#child.once("exit", () => clearTimeout(late));
    }
    done(error);
  }

  /** Keeps the program for the next request, without keeping this process alive. */
  rest(): boolean {
    if (this.destroyed || this.#child.exitCode !== null) return false;
    this.#child.unref();
    for (const pipe of this.#pipes()) pipe.unref();
    return true;
  }

  wake(): void {
    this.#child.ref();
    for (const pipe of this.#pipes()) pipe.ref();
  }

  #pipes(): Socket[] {
    const { stdin, stdout, stderr } = this.#child;
    return [stdin, stdout, stderr].filter((pipe) => pipe instanceof Socket);
  }

  /** Its output is at its end only now, because a reader of that would not learn that the program has failed. */
  async #onExit(code: number | null, outputEnd: Promise<void>): Promise<void> {
    if (code === 0) {
      await outputEnd;
      this.push(null);
      return;
    }
    // Another ssh in the background, which keeps connections for later, may hold it open.
    await Promise.race([once(this.#child.stderr, "close"), delay(200)]);
    const words = this.#words.trim().split("\n").at(-1)?.trim() ?? "";
    this.destroy(new SshError(words || `ssh ended with exit code ${code}`));
  }
}

/** What ssh, or Docker's program on the other machine, has said last. */
export class SshError extends Error {
  override readonly name = "SshError";
}
