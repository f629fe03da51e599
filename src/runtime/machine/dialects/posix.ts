import type { ShellDialect } from "./dialect.ts";

/** What bash and a plain sh are told in the same words. */
export const posixLines: Pick<ShellDialect, "askLine" | "discardKeys" | "saneLine"> = {
  /** Without its begin it is a syntax error. */
  askLine: (question) => ` { { __oh_answer ${question}; } 2>/dev/null; }\n`,
  /** Readline: to the end, then kill the line; a terminal's own line buffer: kill it. */
  discardKeys: "\x05\x15",
  saneLine: " \\command stty sane 2>/dev/null\n",
};

/** Tells that the shell reads lines, and how it stands. */
export const answerFunction = `__oh_answer() {
  __oh_s=$? __oh_e=1 __oh_n=$1
  __oh_mark Y
  __oh_n= __oh_c=
  __oh_hook
}`;
