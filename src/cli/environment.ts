import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { LlmRef } from "../protocol/state.ts";
import { UsageError } from "./usage.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export function apiKeyIn(environment: Environment): string | undefined {
  return environment["LLM_API_KEY"] || environment["OPENAI_API_KEY"] || undefined;
}

/** The folder that holds the conversations. */
export function conversationsFolder(environment: Environment): string {
  const root = environment["OH_PERSISTENCE_DIR"];
  if (root) return join(resolve(root), "conversation-logs");
  const home = homedir();
  // Because a relative one would put conversations into whatever folder one happens to be in.
  if (!isAbsolute(home)) throw new UsageError("There is no home folder to keep conversations in. Set HOME or OH_PERSISTENCE_DIR.");
  return join(home, ".openhands", "conversation-logs");
}

/** Prices for the model, in dollars for one token. */
export function pricesIn(environment: Environment): Pick<LlmRef, "input_cost_per_token" | "output_cost_per_token"> {
  const names = ["LLM_INPUT_COST_PER_TOKEN", "LLM_OUTPUT_COST_PER_TOKEN"] as const;
  const [input, output] = names.map((name) => readPrice(name, environment[name]));
  if (input === undefined && output === undefined) return {};
  if (input === undefined || output === undefined)
    throw new UsageError(`A price has two halves: set both ${names.join(" and ")}, or neither.`);
  return { input_cost_per_token: input, output_cost_per_token: output };
}

function readPrice(name: string, value: string | undefined): number | undefined {
  if (!value) return undefined;
  const price = Number(value);
  // More than a dollar for a token is a price for a million of them.
  if (price >= 0 && price < 1) return price;
  throw new UsageError(`${name} takes dollars for one token, such as 0.00000125, not "${value}".`);
}

/** Rejects when there is no shell that the agent can use, because then nothing could be run. */
export async function requireShell(environment: Environment): Promise<void> {
  if (process.platform === "win32") return;
  const { chooseShell } = await import("../runtime/machine/dialects/choose.ts");
  const { program } = chooseShell({ wanted: undefined, env: environment, isTerminal: true, platform: process.platform });
  for (const folder of (environment["PATH"] ?? "/usr/bin:/bin").split(delimiter)) {
    if (await isRunnable(join(folder, program))) return;
  }
  throw new UsageError("No shell is found on the PATH, and the agent needs one to run commands. Install bash, or set PATH.");
}

async function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
