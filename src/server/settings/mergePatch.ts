/**
 * A copy of `base` with `patch` in it (§10.70): maps are merged at any depth, all else replaces. A null inside of a nested map takes its entry
 * out; a null at the top is a value.
 */
export function mergePatch(base: Json, patch: Json): Json {
  return merged(base, patch, (entries, key) => entries.set(key, null));
}

export type Json = Readonly<Record<string, unknown>>;

function merged(base: Json, patch: Json, onNull: (entries: Map<string, unknown>, key: string) => void): Json {
  // By a map, because a key may be called __proto__.
  const entries = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) onNull(entries, key);
    else entries.set(key, isMap(value) ? nested(entries.get(key), value) : value);
  }
  return Object.fromEntries(entries);
}

function nested(base: unknown, patch: Json): Json {
  return merged(isMap(base) ? base : {}, patch, (entries, key) => entries.delete(key));
}

export function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
