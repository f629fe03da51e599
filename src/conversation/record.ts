import { crc32 } from "node:zlib";
import { type Event, parseEvent } from "../protocol/events.ts";

/**
 * One line of the log: `{"v":1,"seq":N,"crc":"8 hex","event":{…}}`.
 *
 * `crc` is the CRC-32 of the event's JSON text, begun with `seq`, so that a record moved to another place is seen too.
 */
export interface LogRecord {
  readonly seq: number;
  readonly event: Event;
}

/** The line of `event`, with its newline. */
export function encodeRecord(seq: number, event: Event): string {
  const text = JSON.stringify(event);
  return `{"v":1,"seq":${seq},"crc":"${checksum(seq, text)}","event":${text}}\n`;
}

/** The record in `line` (without its newline), or undefined when a byte of it is not as it was written. */
export function decodeRecord(line: string): LogRecord | undefined {
  const parts = /^\{"v":1,"seq":(\d+),"crc":"([0-9a-f]{8})","event":(.*)\}$/s.exec(line);
  const [, digits, crc, text] = parts ?? [];
  if (digits === undefined || text === undefined) return undefined;
  const seq = Number(digits);
  return checksum(seq, text) === crc ? { seq, event: parseEvent(JSON.parse(text)) } : undefined;
}

function checksum(seq: number, text: string): string {
  return crc32(text, seq).toString(16).padStart(8, "0");
}
