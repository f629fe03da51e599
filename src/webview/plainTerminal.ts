const escape = "\u001b";
const sequences = new RegExp(
  [
    // Strings up to BEL or ST: title, links, clipboard, device control. One that never ends takes the rest with it.
    `(?:${escape}[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u009c${escape}]*(?:\\u0007|\\u009c|${escape}\\\\|$)`,
    `(?:${escape}\\[|\\u009b)[0-?]*[ -/]*(?:[@-~]|$)`,
    `${escape}[ -/]*(?:[0-~]|$)`,
    `[\\u0000-\\u0007\\u000e-\\u001f\\u007f-\\u009f\\u000b\\u000c]`,
  ].join("|"),
  "g",
);

/**
 * Raw terminal text as the lines a person would have read.
 *
 * Escape sequences are dropped, never obeyed, so text cannot be rewritten from below; only a carriage return and a
 * backspace move within their own line, as progress bars need.
 */
export function plainTerminal(raw: string): string {
  return raw.replace(sequences, "").replaceAll("\r\n", "\n").split("\n").map(overwritten).join("\n");
}

function overwritten(line: string): string {
  if (!line.includes("\r") && !line.includes("\b")) return line;
  const cells: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === "\r") column = 0;
    else if (character === "\b") column = Math.max(0, column - 1);
    else cells[column++] = character;
  }
  return cells.join("");
}
