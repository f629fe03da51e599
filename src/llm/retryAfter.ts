import type { HeaderReader } from "./httpPost.ts";

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms`, or `Retry-After` in seconds or as a date.
 * Undefined when it does not, or what it says cannot be read or is past.
 */
export function retryAfterMs(headers: HeaderReader | undefined): number | undefined {
  const ms = readMs(headers?.get("retry-after-ms") ?? "") ?? readSecondsOrDate(headers);
  return ms !== undefined && Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

const readMs = (value: string): number | undefined => (isNumber(value) ? Number(value) : undefined);

function readSecondsOrDate(headers: HeaderReader | undefined): number | undefined {
  const value = headers?.get("retry-after")?.trim() ?? "";
  if (isNumber(value)) return Number(value) * 1000;
  // Because the two clocks may differ, and the date is of the server's.
  const serverNow = Date.parse(headers?.get("date") ?? "");
  return Date.parse(value) - (Number.isNaN(serverNow) ? Date.now() : serverNow);
}

const isNumber = (value: string): boolean => /^\d+(\.\d+)?$/.test(value.trim());
