const settledMs = 1_000;

/**
 * Names a terminal that has just been opened, once more: until it is drawn VS Code hears no new name, and then gives it the first one again.
 * Nothing happens when `fire` belongs to a terminal that has gone.
 */
export function nameWhenDrawn(fire: () => void): void {
  setTimeout(fire, settledMs).unref();
}
