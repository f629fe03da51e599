import { RuntimeError } from "../runtime.ts";

/** What registries and engines say, and what that means for a person; the first that fits counts. */
const meanings: readonly (readonly [RegExp, (name: string) => string])[] = [
  [
    /no matching manifest|no match for platform|does not match the specified platform|cannot be used on this platform/i,
    (name) => `The image ${name} is not made for this engine's processor or system: choose another image.`,
  ],
  [
    /manifest unknown|manifest for .* not found|manifest .* unknown|not found: manifest/i,
    (name) => `There is no image ${name}: its registry has none of that tag; check the name.`,
  ],
  [
    /too ?many ?requests|rate limit/i,
    (name) => `The registry gives the image ${name} no more for now, because too much was pulled: wait, or log in by "docker login".`,
  ],
  [
    /denied|unauthorized|authentication required|no basic auth|repository .* not found|name unknown|\b40[13]\b/i,
    (name) =>
      `The registry does not give the image ${name}: check the name or, if it needs a login, pull it yourself by "docker pull ${name}".`,
  ],
  [
    /no space left|disk quota/i,
    (name) => `The engine's disk is full, so the image ${name} could not be pulled: free space, such as by "docker system prune".`,
  ],
  [
    /no such host|dial tcp|i\/o timeout|timeout|unreachable|connection (?:refused|reset)|name resolution|\bEOF\b|deadline exceeded|proxyconnect/i,
    (name) =>
      `The image ${name} is not on this engine, and its registry does not answer: check the network and try again, or choose an image that is present.`,
  ],
];

/** `why` are the engine's own words; they stay in the cause when we know what they mean. */
export function imageFailure(name: string, why: string, cause: unknown): RuntimeError {
  const known = meanings.find(([pattern]) => pattern.test(why));
  const words = why.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
  const message = known ? known[1](name) : `The image ${name} could not be pulled: ${words.slice(0, 500)}.`;
  return new RuntimeError("failed", message, { cause });
}
