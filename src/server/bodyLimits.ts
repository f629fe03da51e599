/** Of JSON; what is larger is sent as a file. */
export const mostJsonBytes = 1_000_000;
/** Of a message, because pictures are in it; it is read only from who has a key. */
export const mostMessageBytes = 16_000_000;

const messages = /^(?:\/api\/conversations(?:\/[^/]+\/events)?|\/v1\/chat\/completions)\/?(?:\?|$)/;

/** What the body of a request to `url` may hold. */
export function mostBytesFor(url = ""): number {
  return messages.test(url) ? mostMessageBytes : mostJsonBytes;
}
