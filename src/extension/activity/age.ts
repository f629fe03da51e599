const minuteMs = 60_000;
const units = [
  { name: "min", ms: minuteMs, upTo: 60 * minuteMs },
  { name: "h", ms: 60 * minuteMs, upTo: 24 * 60 * minuteMs },
  { name: "d", ms: 24 * 60 * minuteMs, upTo: 7 * 24 * 60 * minuteMs },
  { name: "wk", ms: 7 * 24 * 60 * minuteMs, upTo: 365 * 24 * 60 * minuteMs },
  { name: "yr", ms: 365 * 24 * 60 * minuteMs, upTo: Infinity },
];

/** Since a timestamp of the log, which is local time; 0 when it is none or lies ahead. */
export function millisecondsSince(timestamp: string, now = Date.now()): number {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? 0 : Math.max(0, now - at);
}

/** How long ago, such as "now", "3 min" or "2 wk". */
export function age(timestamp: string, now = Date.now()): string {
  const ms = millisecondsSince(timestamp, now);
  if (ms < minuteMs) return "now";
  const unit = units.find(({ upTo }) => ms < upTo) ?? units[0];
  return unit ? `${Math.floor(ms / unit.ms)} ${unit.name}` : "";
}

/** A duration as a clock shows it, such as "0:07", "3:12" or "1:02:03". */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const end = `${String(minutes).padStart(hours > 0 ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${end}` : end;
}
