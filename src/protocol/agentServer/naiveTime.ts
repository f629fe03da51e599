/**
 * Microseconds of a moment as the clock on this machine's wall tells it, so that times of events can be compared as the protocol does: a text
 * without a zone is taken as it is, one with a zone is converted to local time first (agent-server protocol §2.3, §10.18). Undefined: it is no
 * moment.
 */
export function naiveMicros(text: string): number | undefined {
  const [, day, time = "00:00", seconds = "00", fraction = "", zone] = moment.exec(text.trim()) ?? [];
  if (day === undefined) return undefined;
  const ms = Date.parse(`${day}T${time}:${seconds}Z`);
  if (Number.isNaN(ms)) return undefined;
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  return (zone === undefined ? ms : localMs(ms - zoneMs(zone))) * 1000 + micros;
}

/** A plus sign that was not encoded comes as a blank. */
const moment = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?([Zz]|[+\- ]\d\d(?::?\d\d)?)?)?$/;

const minuteMs = 60_000;

function zoneMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const digits = zone.slice(1).replace(":", "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (zone.startsWith("-") ? -minutes : minutes) * minuteMs;
}

/** What the clock on the wall shows at that moment, read as if it were UTC. */
function localMs(ms: number): number {
  return ms - new Date(ms).getTimezoneOffset() * minuteMs;
}
