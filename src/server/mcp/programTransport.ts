import { type JSONRPCMessage, ReadBuffer, serializeMessage, type Transport } from "@modelcontextprotocol/client";
import type { PipedProgram } from "../../runtime/machine/pipedProgram.ts";

/** The Model Context Protocol over a program's standard input and output. Who started the program ends it. */
export class ProgramTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #program: PipedProgram;
  readonly #buffer = new ReadBuffer();

  constructor(program: PipedProgram) {
    this.#program = program;
  }

  async start(): Promise<void> {
    this.#program.output.on("data", (bytes: Buffer) => this.#take(bytes));
    void this.#program.ended.then(() => this.onclose?.());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#program.input.write(serializeMessage(message));
  }

  async close(): Promise<void> {
    this.#program.input.end();
    this.onclose?.();
  }

  /** Lines that are no message are told and left out, because programs also print there. */
  #take(bytes: Buffer): void {
    // A line without an end: whoever asked would wait in vain.
    if (!this.#guarded(() => this.#buffer.append(bytes))) return void this.close();
    for (let isOver = false; !isOver; ) {
      this.#guarded(() => {
        const message = this.#buffer.readMessage();
        isOver = message === null;
        if (message !== null) this.onmessage?.(message);
      });
    }
  }

  /** Whether it went well. */
  #guarded(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }
}
