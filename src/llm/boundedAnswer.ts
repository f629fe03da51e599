import type { Readable } from "node:stream";

/** Far beyond what any model writes in one answer, in characters of its text, thoughts and calls together; the same in bytes of a page. */
export const mostOfAnswer = 8_000_000;

/** The beginning of an answer that is read whole, as pages and refusals are: a server that never ends costs no memory. */
export async function readBeginning(body: Readable): Promise<string> {
  const pieces: Uint8Array[] = [];
  let left = mostOfAnswer;
  // Leaving the loop destroys the body.
  const bytes: AsyncIterable<Uint8Array> = body;
  for await (const piece of bytes) {
    pieces.push(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) break;
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}
