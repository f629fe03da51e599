import type { TerminalKey } from "../../protocol/runtime.ts";

const sequences: Readonly<Record<string, string>> = {
  ENTER: "\r",
  TAB: "\t",
  BS: "\x7f",
  ESC: "\x1b",
  UP: "\x1b[A",
  DOWN: "\x1b[B",
  RIGHT: "\x1b[C",
  LEFT: "\x1b[D",
  HOME: "\x1b[H",
  END: "\x1b[F",
  PGUP: "\x1b[5~",
  PGDN: "\x1b[6~",
};

/** What a terminal sends when the key is pressed. */
export function keySequence(key: TerminalKey): string {
  // Control and a letter is the letter's place in the alphabet.
  return sequences[key] ?? String.fromCharCode(key.charCodeAt(2) & 0x1f);
}
