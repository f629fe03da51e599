/** What a shell tells by a marker; see dialects/dialect.ts for when. */
export type ShellMarker =
  | { readonly kind: "started"; readonly nonce: string }
  | { readonly kind: "ended" | "prompting"; readonly nonce: string; readonly state: ShellState }
  | { readonly kind: "answered"; readonly question: number; readonly state: ShellState }
  | { readonly kind: "prompted" | "typedLine" };

/** How the shell stands after a command. */
export interface ShellState {
  readonly exitCode: number;
  readonly folder: string;
  /** Whether the terminal turned the marker's line end into `\r\n`; it does, unless a program has left it raw. */
  readonly isCooked: boolean;
}

/** Undefined for a body that is none of ours. */
export function readMarker(body: Buffer): ShellMarker | undefined {
  const [kind, nonce = "", code = "", ...rest] = body.toString("utf8").split(";");
  const folder = rest.join(";");
  const state = { exitCode: Number(code), folder: decodeFolder(folder), isCooked: folder.endsWith("\r\n") };
  switch (kind) {
    case "S":
      return { kind: "started", nonce };
    case "C":
      return { kind: "typedLine" };
    case "B":
      return { kind: "prompted" };
    case "E":
      return { kind: "ended", nonce, state };
    case "P":
      return { kind: "prompting", nonce, state };
    case "Y":
      return { kind: "answered", question: Number(nonce), state };
    default:
      return undefined;
  }
}

function decodeFolder(text: string): string {
  return text.trimEnd().replace(/%(07|09|0A|0D|1B|20|25)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
