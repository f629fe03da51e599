/** How a sandbox came to its end without us. */
export type Death =
  | { readonly kind: "killed" | "stopped" | "removed" | "paused" | "engine" | "connection" | "silent" }
  | { readonly kind: "memory"; readonly megabytes: number }
  | { readonly kind: "ended"; readonly exitCode: number | undefined; readonly words: string };

const kept = "files in its workspace are kept. Send a message to start it again.";

/** What happened, what is kept, and what to do. */
export function deathSentence(death: Death): string {
  switch (death.kind) {
    case "killed":
      return `The sandbox was killed or removed from outside; ${kept}`;
    case "stopped":
      // An engine that is stopped ends its containers first, by the same signal, and a while before itself.
      return `The sandbox, or the engine that it ran on, was stopped from outside; ${kept}`;
    case "removed":
      return `The sandbox was removed; ${kept}`;
    case "paused":
      return `The sandbox was paused from outside for more than a minute and was given up; ${kept}`;
    case "engine":
      return "The Docker engine was stopped or restarted, or the connection to it broke; files in the sandbox's workspace are kept. When it runs again, send a message to start the sandbox again.";
    case "connection":
      return `The connection to the sandbox broke; ${kept}`;
    case "silent":
      return `The sandbox does not answer any more and was given up; ${kept}`;
    case "memory":
      return `The sandbox ran out of memory (its limit is ${death.megabytes} MB, the setting sandbox.memoryMegabytes); ${kept}`;
    case "ended":
      return `The sandbox ended by itself${inBrackets(death)}; ${kept}`;
  }
}

function inBrackets({ exitCode, words }: Extract<Death, { kind: "ended" }>): string {
  const lastLine = words.trimEnd().split("\n").at(-1)?.slice(0, 200) ?? "";
  const facts = [exitCode === undefined ? "" : `exit code ${exitCode}`, lastLine].filter((fact) => fact !== "");
  return facts.length === 0 ? "" : ` (${facts.join(": ")})`;
}
