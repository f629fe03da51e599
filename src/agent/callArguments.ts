/** Longer arguments are a model gone wrong, not a file to write. */
const maxCharacters = 2_000_000;
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The JSON object in a call's arguments; a call without any has none. Throws an Error that tells the model what is wrong: what is no JSON, is
 * cut off or says a thing twice is never guessed at (reliability.md LF-10, LF-11).
 */
export function parseArguments(text: string): Record<string, unknown> {
  if (text.length > maxCharacters)
    throw new Error(
      `The arguments have ${text.length} characters, and at most ${maxCharacters} are taken, so this call did not run. Send less at a time.`,
    );
  const value = parseJson(text);
  if (!isObject(value)) throw new Error("The arguments are not a JSON object, so this call did not run. Send it again with valid JSON.");
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw new Error(`The arguments say ${twice} twice, so this call did not run. Send it again with each name once.`);
  return value;
}

/** Whether `text` can stand in the history as it is. */
export function isJsonObject(text: string): boolean {
  return isObject(parseJson(text));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Undefined for what is no JSON, and an empty object for nothing at all. */
function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first name that an object of the valid JSON `text` has twice, in quotes. A parser would silently take the last. */
function duplicateKey(text: string): string | undefined {
  const open: Set<unknown>[] = [];
  let latest = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key: unknown = JSON.parse(latest);
      if (open.at(-1)?.has(key)) return latest;
      open.at(-1)?.add(key);
    }
    latest = token;
  }
  return undefined;
}
