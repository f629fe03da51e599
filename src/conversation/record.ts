import { crc32 } from "node:zlib";
import * as z from "zod";
import { type Event, parseEvent } from "../protocol/events.ts";

/**
 * One line of the log: `{"v":1,"seq":N,"crc":"8 hex","event":{…}}`.
 *
 * `crc` is the CRC-32 of the event's JSON text, begun with `seq`, so that a record moved to another place is seen too.
 * A later format has a higher `v`, and must begin its checksum in another way: a record whose checksum is right by this format is of this
 * format, and a higher `v` on it is a damaged byte.
 */
export interface LogRecord {
  readonly seq: number;
  readonly event: Event;
}

/** The line of `event`, with its newline. */
export function encodeRecord(seq: number, event: Event): string {
  const text = JSON.stringify(event);
  return `{"v":1,"seq":${seq},"crc":"${hex(crc32(text, seq))}","event":${text}}\n`;
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");

/** Where records begin; a head is never longer than `maxHeadBytes`. */
const head = /^\{"v":1,"seq":(\d{1,15}),"crc":"([0-9a-f]{8})","event":/;
const maxHeadBytes = 60;

/** The record in `line` (without its newline), or undefined when a byte of it is not as it was written. Throws when its event is none. */
export function decodeRecord(line: Buffer): LogRecord | undefined {
  const [start, digits, crc] = head.exec(line.toString("latin1", 0, maxHeadBytes)) ?? [];
  if (start === undefined || line.at(-1) !== 0x7d) return undefined;
  const seq = Number(digits);
  const text = line.subarray(start.length, -1);
  return hex(crc32(text, seq)) === crc ? { seq, event: parseEvent(JSON.parse(text.toString("utf8"))) } : undefined;
}

/** Whether a later version of this program has written `line`. */
export function isOfLaterVersion(line: Buffer): boolean {
  const [, version] = /^\{"v":(\d{1,9}),/.exec(line.toString("latin1", 0, maxHeadBytes)) ?? [];
  if (version === undefined || Number(version) < 2) return false;
  const asOurs = Buffer.concat([Buffer.from('{"v":1'), line.subarray(`{"v":${version}`.length)]);
  return isJson(line) && decodeSafely(asOurs) === undefined;
}

const AnyRecord = z.object({ event: z.unknown() });

/** The event of a line, whichever version has written it; undefined when it cannot be read. */
export function readEvent(line: Buffer): Event | undefined {
  return decodeSafely(line)?.event ?? (isOfLaterVersion(line) ? eventOfLaterVersion(line) : undefined);
}

/** The event of a line that a later version has written, when this one can read it. */
export function eventOfLaterVersion(line: Buffer): Event | undefined {
  try {
    return parseEvent(AnyRecord.parse(JSON.parse(line.toString("utf8"))).event);
  } catch {
    // Of a kind or shape that this version cannot know: it is passed over, and kept in the log.
    return undefined;
  }
}

/** Undefined also when the checksum is right but the event is none: written by something else, and treated like any damage. */
export function decodeSafely(line: Buffer): LogRecord | undefined {
  try {
    return decodeRecord(line);
  } catch {
    return undefined;
  }
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
