export interface ByteRange {
  readonly start: number;
  /** Included. */
  readonly end: number;
}

/** The one range of bytes that a header asks for (RFC 9110 §14). Undefined for none, and for several, which are answered with the whole. */
export function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | "unsatisfiable" | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  if (from === "")
    return Number(to) === 0 || sizeBytes === 0 ? "unsatisfiable" : { start: Math.max(0, sizeBytes - Number(to)), end: sizeBytes - 1 };
  const end = to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (to !== "" && Number(to) < Number(from)) return undefined;
  return Number(from) > end ? "unsatisfiable" : { start: Number(from), end };
}
