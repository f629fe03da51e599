import { createHash, timingSafeEqual } from "node:crypto";

/** The keys that open `/api`, kept as hashes only. They may change while the server runs: ask for every request, and again for what stays open. */
export interface Keys {
  /** False with `--no-auth`: then `has` is true whatever is given. */
  readonly areNeeded: boolean;
  has(key: string | undefined): boolean;
  /** Called within two seconds after keys have changed, so that who stays connected with one that is revoked can be sent away. */
  onChange(listener: () => void): Disposable;
}

/** For a server that everybody on this machine may ask. */
export const noKeys: Keys = { areNeeded: false, has: () => true, onChange: () => ({ [Symbol.dispose]: () => undefined }) };

const lookMs = 1_000;

/** `read` gives the keys as they are now: the same array as long as nothing has changed. It is called for each request, so it must be quick. */
export function currentKeys(read: () => readonly string[]): Keys {
  let known = read();
  let hashes = known.map(hashOf);
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = read();
    if (now === known) return;
    known = now;
    hashes = now.map(hashOf);
    for (const listener of listeners) listener();
  };
  return {
    areNeeded: true,
    has: (key) => {
      look();
      return isOneOf(hashes, key);
    },
    onChange: (listener) => {
      listeners.add(listener);
      timer ??= setInterval(look, lookMs).unref();
      return {
        [Symbol.dispose]: () => {
          listeners.delete(listener);
          if (listeners.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        },
      };
    },
  };
}

/** Compares in a time that tells nothing of the keys: hashes of equal length, and all of them. */
function isOneOf(hashes: readonly Buffer[], key: string | undefined): boolean {
  const given = hashOf(key ?? "");
  let isKnown = false;
  for (const hash of hashes) isKnown = timingSafeEqual(hash, given) || isKnown;
  return isKnown && key !== undefined && key !== "";
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
