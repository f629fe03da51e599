import type { TerminalRequest } from "../../protocol/runtime.ts";
import { RuntimeError } from "../runtime.ts";

/** Throws a RuntimeError for what no shell can be given. */
export function checkText({ command, env = {} }: TerminalRequest & { readonly type: "command" }): void {
  checkWord("The command", command);
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new RuntimeError("failed", `No environment variable can have the name ${JSON.stringify(name)}.`);
    checkWord(`The value of ${name}`, value);
  }
}

function checkWord(what: string, text: string): void {
  if (text.includes("\0")) throw new RuntimeError("failed", `${what} holds a NUL character, which no shell can take. Leave it out.`);
  if (!text.isWellFormed()) throw new RuntimeError("failed", `${what} holds half a character (a lone surrogate). Leave it out.`);
}
