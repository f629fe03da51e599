/** The same value with none of its texts longer than `most` characters. */
export function shortenedTexts(value: object, most: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, shortened(item, most)]));
}

function shortened(value: unknown, most: number): unknown {
  if (typeof value === "string") return value.length > most ? `${value.slice(0, most)}…` : value;
  if (Array.isArray(value)) return value.map((item: unknown) => shortened(item, most));
  return typeof value === "object" && value !== null ? shortenedTexts(value, most) : value;
}
