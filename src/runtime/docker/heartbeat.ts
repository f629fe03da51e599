export interface HeartbeatOptions {
  /** Resolves when the other side has answered. */
  readonly ping: () => Promise<unknown>;
  readonly intervalMs: number;
  /** After so long without an answer the other side counts as gone. */
  readonly patienceMs: number;
  /** Is asked then, with how long nothing was heard; the same patience is given once more when it resolves to true. */
  readonly onSilence: (silentMs: number) => Promise<boolean>;
}

const tickMs = 250;
/** A tick that comes so late tells that this process stood still, and then it is no wonder that no answer was heard. */
const standstillMs = 1_500;

/** Asks again and again whether the other side is there. Disposing ends it. */
export function startHeartbeat({ ping, intervalMs, patienceMs, onSilence }: HeartbeatOptions): Disposable {
  let answeredAt = performance.now();
  /** Since when patience is counted. */
  let heardAt = answeredAt;
  let askedAt = -intervalMs;
  let tickedAt = performance.now();
  let isAsking = false;
  const heard = (): void => void (heardAt = answeredAt = performance.now());
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - tickedAt > standstillMs) heardAt += now - tickedAt;
    tickedAt = now;
    if (now - askedAt >= intervalMs) {
      askedAt = now;
      ping().then(heard, () => undefined);
    }
    if (isAsking || now - heardAt < patienceMs) return;
    isAsking = true;
    void onSilence(now - answeredAt).then((isPatient) => {
      isAsking = false;
      if (isPatient) heardAt = performance.now();
    });
  }, tickMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
