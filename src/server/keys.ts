import { createHash, timingSafeEqual } from "node:crypto";

/** The keys that open `/api`, kept as hashes only. */
export interface Keys {
  has(key: string | undefined): boolean;
}

/** Compares in a time that tells nothing of the keys: hashes of equal length, and all of them. */
export function keysOf(keys: readonly string[]): Keys {
  const hashes = keys.map(hashOf);
  return {
    has: (key) => {
      const given = hashOf(key ?? "");
      let isKnown = false;
      for (const hash of hashes) isKnown = timingSafeEqual(hash, given) || isKnown;
      return isKnown && key !== undefined && key !== "";
    },
  };
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

const mostPeers = 1_000;
const burst = 10;
const refillMs = 1_000;

/**
 * Counts wrong keys of each peer: after ten at once, one more for every second. It tells only how a wrong key is answered; the right one is always
 * taken, so that nobody can lock anybody out.
 */
export class WrongKeys {
  readonly #peers = new Map<string, { left: number; sinceMs: number }>();

  /** Seconds until the peer may guess again; 0: it may. */
  count(peer: string, nowMs: number): number {
    const known = this.#peers.get(peer) ?? { left: burst, sinceMs: nowMs };
    const left = Math.min(burst, known.left + (nowMs - known.sinceMs) / refillMs);
    this.#peers.delete(peer);
    this.#peers.set(peer, { left: Math.max(0, left - 1), sinceMs: nowMs });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > mostPeers && oldest !== undefined) this.#peers.delete(oldest);
    return left >= 1 ? 0 : Math.ceil(((1 - left) * refillMs) / 1000);
  }
}
