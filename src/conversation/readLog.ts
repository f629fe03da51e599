import type { Event } from "../protocol/events.ts";
import { decodeRecord, type LogRecord } from "./record.ts";

/** What the bytes of a log say. */
export interface Reading {
  /** In the order of the file; the `seq` of an event is its place here. */
  readonly events: readonly Event[];
  /** The pieces that are no record, or one whose number is not above those before it. */
  readonly bad: readonly Buffer[];
  /** How many numbers are left out between those of the events. */
  readonly missing: number;
  /** How many bytes from the start are as they were written: whole lines, numbered without a gap. */
  readonly soundBytes: number;
  /** How many of the events are in those bytes. */
  readonly soundEvents: number;
}

/** A record that cannot be read takes none of its neighbours with it: everything whose checksum is right and whose number goes up is in. */
export function readLog(bytes: Buffer): Reading {
  const events: Event[] = [];
  const bad: Buffer[] = [];
  let sound = { bytes: 0, events: 0 };
  let lastSeq = -1;
  for (const line of linesOf(bytes)) {
    for (const piece of piecesOf(line.bytes)) {
      const record = decode(piece);
      if (record && record.seq > lastSeq) {
        events.push(record.event);
        lastSeq = record.seq;
      } else bad.push(piece);
    }
    const isSound = line.isEnded && bad.length === 0 && lastSeq === events.length - 1;
    if (isSound) sound = { bytes: line.end, events: events.length };
  }
  return { events, bad, missing: lastSeq + 1 - events.length, soundBytes: sound.bytes, soundEvents: sound.events };
}

interface Line {
  readonly bytes: Buffer;
  /** Where the next line begins. */
  readonly end: number;
  readonly isEnded: boolean;
}

function* linesOf(bytes: Buffer): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    yield { bytes: bytes.subarray(start, end), end: Math.min(end + 1, bytes.length), isEnded: newline !== -1 };
    start = end + 1;
  }
}

/** A line is one record, unless its newline or its start was damaged; then there may be whole ones in it. */
function piecesOf(line: Buffer): Buffer[] {
  if (line.length === 0) return [];
  if (decode(line)) return [line];
  // Latin-1, because it gives every byte back as it was.
  const pieces = line.toString("latin1").split(/(?=\{"v":1,"seq":\d+,"crc":")/);
  return pieces.map((piece) => Buffer.from(piece, "latin1"));
}

function decode(line: Buffer): LogRecord | undefined {
  try {
    return decodeRecord(line.toString("utf8"));
  } catch {
    // The checksum was right but the event is not one: written by something else. It is set aside like any damage.
    return undefined;
  }
}
