import { appendFileSync, rmSync } from "node:fs";
import path from "node:path";
import { mostShownCharacters, type TerminalResult } from "../../protocol/runtime.ts";
import { characterStart } from "./headTail.ts";
import type { PrivateFolder } from "./privateFolder.ts";

const maxBytes = 10_000_000;
const chunkCharacters = 64 * 1024;
const maxFiles = 50;

/** The files with whole outputs; only the newest are kept. */
export class OutputFolder {
  readonly path: string;
  readonly #folder: PrivateFolder;
  readonly #files: string[] = [];
  #count = 0;

  constructor(folder: PrivateFolder) {
    this.#folder = folder;
    this.path = folder.pathOf("output");
  }

  /** The path of a new file, which is still to be written. */
  add(): string {
    this.#folder.makeFolder("output");
    const file = path.join(this.path, `terminal_output_${++this.#count}.txt`);
    this.#files.push(file);
    const oldest = this.#files.length > maxFiles ? this.#files.shift() : undefined;
    if (oldest !== undefined) rmSync(oldest, { force: true });
    return file;
  }
}

/**
 * Keeps one command's output in a file, as soon as it is too long for an answer. A disk that takes no more ends the file and nothing else.
 *
 * Synchronous, because order and memory then need no care: a chunk costs 0.1 ms, and there are at most 160 of them.
 */
export class WholeOutput {
  readonly #folder: OutputFolder;
  #held = "";
  #file: string | undefined;
  #sizeBytes = 0;
  #isWhole = true;

  constructor(folder: OutputFolder) {
    this.#folder = folder;
  }

  append(text: string): void {
    if (!this.#isWhole) return;
    this.#held += text;
    if (this.#held.length > (this.#file === undefined ? mostShownCharacters : chunkCharacters)) this.#write();
  }

  /** What the file holds now; undefined as long as there is none. */
  told(): TerminalResult["fullOutput"] {
    if (this.#file !== undefined && this.#isWhole && this.#held !== "") this.#write();
    if (this.#file === undefined || this.#sizeBytes === 0) return undefined;
    return { path: this.#file, sizeBytes: this.#sizeBytes, isWhole: this.#isWhole };
  }

  #write(): void {
    const bytes = Buffer.from(this.#held);
    const room = maxBytes - this.#sizeBytes;
    const part = bytes.length <= room ? bytes : bytes.subarray(0, characterStart(bytes, room));
    this.#isWhole = part.length === bytes.length;
    this.#held = "";
    try {
      this.#file ??= this.#folder.add();
      appendFileSync(this.#file, part, { mode: 0o600 });
      this.#sizeBytes += part.length;
    } catch {
      // Because the command matters more than its copy. `isWhole` says that something is missing.
      this.#isWhole = false;
    }
  }
}
