const two = (value: number): string => String(value).padStart(2, "0");

/** Naive local ISO-8601 with six fraction digits, such as `2026-01-05T10:00:02.775000` (agent-server protocol §4.1). */
export function localTimestamp(date: Date): string {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day}T${time}.${String(date.getMilliseconds()).padStart(3, "0")}000`;
}
