import * as z from "zod";
import { SandboxNetwork } from "./sandbox.ts";
import type { ConfirmationPolicy, Limits, LlmRef } from "./state.ts";

/** When the agent asks, in the words of settings and flags. */
export const ConfirmMode = z.enum(["always", "risky", "never"]);
export type ConfirmMode = z.infer<typeof ConfirmMode>;

/** The policy of each mode (agent-server protocol §6.6); what counts as risky is decided by our own code, per tool and runtime. */
export const confirmPolicies: Readonly<Record<ConfirmMode, ConfirmationPolicy>> = {
  always: { kind: "AlwaysConfirm" },
  risky: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true },
  never: { kind: "NeverConfirm" },
};

export const defaultMaxSteps = 500;

const price = z.number().min(0).optional();

/** A model behind an OpenAI-compatible endpoint, as a person has set it up. Prices are dollars for a million tokens. */
export const ModelProfile = z.object({
  /** What it is called in VS Code; one profile each. */
  name: z.string().trim().min(1),
  /** What the endpoint calls it; the profile's name when absent. */
  model: z.string().trim().min(1).optional(),
  /** Up to and with `/v1`; absent: OpenAI. */
  baseUrl: z.string().optional(),
  /** Tokens that a prompt and its reply may have; absent: as known of the model, or unknown. */
  contextWindow: z.number().int().min(1).optional(),
  inputPrice: price,
  outputPrice: price,
  cachedInputPrice: price,
});
export type ModelProfile = z.infer<typeof ModelProfile>;

/** A folder of the machine that sandboxes see as well, beside the workspace. Both paths are absolute. */
const SandboxMount = z.object({ source: z.string().min(1), target: z.string().startsWith("/"), readOnly: z.boolean().default(true) });

const limit = z.number().min(0).catch(0).default(0);

/**
 * `openhands.*` in VS Code's settings; test/vscode/manifest.test.ts holds package.json to it. Values of a wrong type count as unset, and
 * a wrong profile as not there.
 */
export const Settings = z.object({
  /** The name of a profile, `demo`, or `vscode/<vendor>/<id>` for a model that VS Code offers. Empty: none is chosen. */
  model: z.string().catch("").default(""),
  profiles: z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((profiles) => profiles.flatMap((profile) => ModelProfile.safeParse(profile).data ?? [])),
  confirm: ConfirmMode.catch("risky").default("risky"),
  maxSteps: z.number().int().min(1).catch(defaultMaxSteps).default(defaultMaxSteps),
  /** Dollars of one run; 0: no limit. */
  maxCost: limit,
  /** Tokens of one run; 0: no limit. */
  maxTokens: limit,
  /** Minutes of one run; 0: no limit. */
  maxMinutes: limit,
  /** What the editor shows of an edit: a row in the chat only, the file in a tab behind, or its diff while it asks. */
  showEdits: z.enum(["chat", "tab", "diff"]).catch("chat").default("chat"),
  /** Where the tools of new conversations act. */
  runtime: z.enum(["local", "docker"]).catch("local").default("local"),
  /** The image of new sandboxes; empty: the usual one. */
  "sandbox.image": z.string().trim().catch("").default(""),
  "sandbox.network": SandboxNetwork.catch("none").default("none"),
  /** Whether a sandbox works on a copy whose changes come back as a review, or on the folders themselves. */
  "sandbox.workspace": z.enum(["copy", "bind"]).catch("copy").default("copy"),
  "sandbox.memoryMegabytes": z.number().int().min(256).catch(2048).default(2048),
  "sandbox.cpus": z.number().min(0.1).catch(2).default(2),
  "sandbox.pids": z.number().int().min(32).catch(512).default(512),
  "sandbox.mounts": z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((mounts) => mounts.flatMap((mount) => SandboxMount.safeParse(mount).data ?? [])),
  "sandbox.writableRoot": z.boolean().catch(false).default(false),
  /** Empty: DOCKER_HOST, Docker's context, or where an engine is found. */
  "sandbox.dockerHost": z.string().trim().catch("").default(""),
  /** The engine's OCI runtime, such as `runsc`; empty: its default. */
  "sandbox.ociRuntime": z.string().trim().catch("").default(""),
  /** The agent-server that Connect to Server… offers first; its key is not a setting. */
  serverUrl: z.string().trim().catch("").default(""),
  /** Whether one notification says that a hidden conversation needs the person or has ended. */
  notifications: z.boolean().catch(true).default(true),
});
export type Settings = z.infer<typeof Settings>;

/** The limits that the settings name. */
export function limitsOf({ maxCost, maxTokens, maxMinutes }: Settings): Limits {
  return {
    ...(maxCost > 0 ? { max_cost_usd: maxCost } : {}),
    ...(maxTokens >= 1 ? { max_tokens: Math.floor(maxTokens) } : {}),
    ...(maxMinutes > 0 ? { max_wall_seconds: maxMinutes * 60 } : {}),
  };
}

/** What the settings say of every sandbox. */
export function sandboxOf(settings: Settings) {
  return {
    memoryMegabytes: settings["sandbox.memoryMegabytes"],
    cpus: settings["sandbox.cpus"],
    pids: settings["sandbox.pids"],
    mounts: settings["sandbox.mounts"],
    writableRoot: settings["sandbox.writableRoot"],
    dockerHost: settings["sandbox.dockerHost"],
    ociRuntime: settings["sandbox.ociRuntime"],
  };
}

const perToken = (price: number): number => price / 1_000_000;

/** What a conversation is told of the profile; the key is never part of it. */
export function llmOf({ name, model, baseUrl, contextWindow, inputPrice, outputPrice, cachedInputPrice }: ModelProfile): LlmRef {
  return {
    model: model ?? name,
    ...(baseUrl ? { base_url: baseUrl } : {}),
    ...(inputPrice === undefined ? {} : { input_cost_per_token: perToken(inputPrice) }),
    ...(outputPrice === undefined ? {} : { output_cost_per_token: perToken(outputPrice) }),
    ...(cachedInputPrice === undefined ? {} : { cache_read_cost_per_token: perToken(cachedInputPrice) }),
    ...(contextWindow === undefined ? {} : { max_input_tokens: contextWindow }),
  };
}
