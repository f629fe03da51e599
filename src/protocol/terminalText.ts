/** What switches the terminal: another screen, colours, the cursor. */
const switches = /\x1b(?:\[[?<>=]?[\d;]*[hlmu]|[=>])/g;
const mostSwitches = 100;

/** What of a text that a terminal is not sent has to be sent all the same, so that it shows the rest as it would have. */
export function switchesIn(text: string): string {
  return (text.match(switches) ?? []).slice(-mostSwitches).join("");
}

/** The end of a text of more than `most` characters, from the beginning of a line on, behind what has switched the terminal before. */
export function withoutBegin(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(-most);
  const kept = end.slice(end.indexOf("\n") + 1);
  return switchesIn(text.slice(0, text.length - kept.length)) + kept;
}
