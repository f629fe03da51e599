import type { Event } from "../protocol/events.ts";
import { decodeSafely, eventOfLaterVersion, isOfLaterVersion } from "./record.ts";

/** Where a record is in its file, without the newline. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What the bytes of a log say, up to where they have been read. */
export interface Reading {
  /** How many events there are; the `seq` of an event is how many are before it. */
  readonly count: number;
  /** The pieces that are no record, or one whose number is not above those before it. */
  readonly bad: readonly Buffer[];
  /** How many numbers are left out between those of the events. */
  readonly missing: number;
  /** How many bytes from the start are as they were written: whole lines, numbered without a gap. */
  readonly soundBytes: number;
  /** Whether a later version has written in it: then what this one cannot read is no damage. */
  readonly isNewer: boolean;
}

/**
 * Reads a log piece by piece, and tells each event once, in the order of the file.
 *
 * A record that cannot be read takes none of its neighbours with it: everything whose checksum is right and whose number goes up is told.
 */
export class LogReader {
  readonly #tell: (event: Event, place: Place) => void;
  readonly #bad: Buffer[] = [];
  /** The beginning of a line whose end has not come. */
  #rest: Buffer[] = [];
  #at = 0;
  #count = 0;
  #lastSeq = -1;
  #soundBytes = 0;
  #isNewer = false;

  constructor(tell: (event: Event, place: Place) => void) {
    this.#tell = tell;
  }

  get reading(): Reading {
    const missing = this.#lastSeq + 1 - this.#count;
    return { count: this.#count, bad: this.#bad, missing, soundBytes: this.#soundBytes, isNewer: this.#isNewer };
  }

  /** Takes the next bytes, which may be used for something else afterwards. */
  push(bytes: Buffer): void {
    let start = 0;
    for (let newline = bytes.indexOf(0x0a); newline !== -1; newline = bytes.indexOf(0x0a, start)) {
      const line = bytes.subarray(start, newline);
      this.#line(this.#rest.length === 0 ? line : Buffer.concat([...this.#rest, line]), 1);
      this.#rest = [];
      start = newline + 1;
    }
    if (start < bytes.length) this.#rest.push(Buffer.from(bytes.subarray(start)));
  }

  /** No more bytes will come: what stands behind the last newline is all there is of its line. */
  end(): void {
    const line = Buffer.concat(this.#rest);
    this.#rest = [];
    if (line.length > 0) this.#line(line, 0);
  }

  #line(line: Buffer, newlineBytes: 0 | 1): void {
    let at = this.#at;
    for (const piece of piecesOf(line)) {
      this.#piece(piece, { start: at, end: at + piece.length });
      at += piece.length;
    }
    this.#at += line.length + newlineBytes;
    const isSound = newlineBytes === 1 && this.#bad.length === 0 && this.#lastSeq === this.#count - 1;
    if (isSound) this.#soundBytes = this.#at;
  }

  #piece(piece: Buffer, place: Place): void {
    const record = decodeSafely(piece);
    if (record && record.seq > this.#lastSeq) {
      this.#lastSeq = record.seq;
      this.#count++;
      this.#tell(record.event, place);
    } else if (record === undefined && isOfLaterVersion(piece)) this.#later(piece, place);
    else this.#bad.push(Buffer.from(piece));
  }

  #later(piece: Buffer, place: Place): void {
    this.#isNewer = true;
    const event = eventOfLaterVersion(piece);
    if (event === undefined) return;
    this.#lastSeq++;
    this.#count++;
    this.#tell(event, place);
  }
}

/** A line is one record, unless its newline or its start was damaged; then there may be whole ones in it. */
function piecesOf(line: Buffer): Buffer[] {
  if (line.length === 0) return [];
  const first = line.indexOf(recordStart);
  if (first === 0 && line.indexOf(recordStart, 1) === -1) return [line];
  if (first === -1) return [line];
  // Latin-1, because it gives every byte back as it was.
  const pieces = decodeSafely(line) ? [line.toString("latin1")] : line.toString("latin1").split(/(?=\{"v":1,"seq":\d+,"crc":")/);
  return pieces.map((piece) => Buffer.from(piece, "latin1"));
}

const recordStart = Buffer.from('{"v":1,"seq":');
