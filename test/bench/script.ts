/** What the mock model asks for, step by step, counted from 1: run a command, write a file, read it back, and again. */
export type StepKind = "run" | "write" | "read";

export interface Step {
  readonly kind: StepKind;
  readonly tool: "terminal" | "file_editor";
  readonly args: Readonly<Record<string, string>>;
  /** Stands in the step's result and nowhere in the call, so that only a tool that truly ran can have said it. */
  readonly proof: string | undefined;
}

const kinds: readonly StepKind[] = ["read", "run", "write"];

export function stepAt(number: number, workspace: string): Step {
  const kind = kinds[number % 3] ?? "run";
  switch (kind) {
    case "run":
      // The shell computes the output, which makes it another one each time.
      return { kind, tool: "terminal", args: { command: `echo "step $((${number} * 7919)) done"` }, proof: `step ${number * 7919} done` };
    case "write": {
      const args = { command: "create", path: pathOf(number, workspace), file_text: textOf(number) };
      return { kind, tool: "file_editor", args, proof: undefined };
    }
    case "read": {
      const args = { command: "view", path: pathOf(number - 1, workspace) };
      return { kind, tool: "file_editor", args, proof: `file ${number - 1} line 12` };
    }
  }
}

/** The files that `steps` steps leave behind, by path. */
export function filesOf(steps: number, workspace: string): ReadonlyMap<string, string> {
  const numbers = Array.from({ length: steps }, (_, index) => index + 1).filter((number) => stepAt(number, workspace).kind === "write");
  return new Map(numbers.map((number) => [pathOf(number, workspace), textOf(number)]));
}

const pathOf = (number: number, workspace: string): string => `${workspace}/out/${number}.txt`;

/** Half a kilobyte, no two alike. */
function textOf(number: number): string {
  return Array.from({ length: 12 }, (_, index) => `file ${number} line ${index + 1}: the quick brown fox ${number * (index + 1)}\n`).join(
    "",
  );
}
