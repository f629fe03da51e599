import { Secrets } from "../agent/secrets.ts";
import type { ModelProfile, Settings } from "../protocol/settings.ts";
import type { LlmRef } from "../protocol/state.ts";
import type { ListedConversation } from "../protocol/summary.ts";
import { endpointHost } from "./apiKeys.ts";
import type { ModelChoice } from "./modelChoice.ts";

/** What a report is made of. */
export interface Facts {
  /** Such as `VS Code` and its version, in order. */
  readonly about: Readonly<Record<string, string>>;
  readonly settings: Settings;
  readonly choice: ModelChoice;
  /** For the hosts of all models, whether each has a key. */
  readonly keyStates: Readonly<Record<string, string>>;
  readonly conversations: readonly ListedConversation[];
  /** The log of this window, or its end. */
  readonly log: string;
  /** Keys that must not be in it, in no form. */
  readonly secrets: readonly string[];
  /** Paths that must not be in it: what lies below them is shown from there on. */
  readonly folders: readonly string[];
}

const mostLines = 200;

/**
 * A report for whoever looks into a problem, in Markdown. It has no task, no title, no path and no address but the hosts of models; whatever
 * looks like a key is masked, and so are the keys that are known.
 */
export function diagnosticsOf({ about, settings, choice, keyStates, conversations, log, secrets, folders }: Facts): string {
  const { profiles, model: _, ...plain } = settings;
  const model = choice.source === "none" ? "none" : `${modelWords(choice.llm)} (${choice.source})`;
  const report = [
    "# OpenHands diagnostics",
    section("About", about),
    section("Model", {
      "in use": model,
      ...Object.fromEntries(profiles.map((profile, at) => [`profile ${at + 1}`, profileWords(profile)])),
    }),
    section("Keys", keyStates),
    section("Settings", settingWords(plain)),
    section("Conversations", counted(conversations)),
    `## Log\n\n\`\`\`\n${log.trimEnd().split("\n").slice(-mostLines).join("\n").replaceAll("```", "'''")}\n\`\`\``,
  ].join("\n\n");
  return masked(withoutFolders(report, folders), secrets);
}

/** Of what may name a place or an address, only what tells nothing of it. */
function settingWords(settings: Omit<Settings, "profiles" | "model">): Record<string, string> {
  const { "sandbox.mounts": mounts, "sandbox.dockerHost": dockerHost, "sandbox.image": image, ...plain } = settings;
  return {
    ...Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, String(value)])),
    "sandbox.image": image.split("/").at(-1) ?? "",
    "sandbox.dockerHost": URL.parse(dockerHost)?.protocol ?? (dockerHost === "" ? "" : "set"),
    "sandbox.mounts": String(mounts.length),
  };
}

function withoutFolders(report: string, folders: readonly string[]): string {
  const named = folders.filter((folder) => folder.length > 1).toSorted((a, b) => b.length - a.length);
  return named.reduce(
    (rest, folder) => rest.replaceAll(folder, "<folder>").replaceAll(folder.replaceAll("\\", "\\\\"), "<folder>"),
    report,
  );
}

/** The longest first, so that nothing is left of a key that another is a part of. */
function masked(text: string, values: readonly string[]): string {
  const known = new Secrets();
  const long = values.filter((value) => value.trim().length >= 8);
  known.set(Object.fromEntries(long.map((value, at) => [`key${at}`, value])));
  return keyShapes.reduce((rest, shape) => rest.replaceAll(shape, "$1<hidden>"), known.mask(text));
}

/** What keys look like that we do not know: the prefixes of providers, what stands behind "Bearer" and in addresses, JSON Web Tokens. */
const keyShapes: readonly RegExp[] = [
  /()\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|ghs|github_pat|glpat|AIza|AKIA)[-_]?[A-Za-z0-9_-]{16,}/g,
  /((?:Bearer|api[-_]?key|authorization|token|password|secret)["']?\s*[:= ]\s*["']?)[^\s"',}]{8,}/gi,
  /(:\/\/)[^/\s@]+(?=@)/g,
  /()\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g,
];

function section(title: string, facts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`);
  return [`## ${title}`, "", ...(lines.length === 0 ? ["- none"] : lines)].join("\n");
}

const modelWords = ({ model, base_url }: LlmRef): string =>
  base_url === undefined && model.includes("/") ? model : `${model} at ${endpointHost(base_url)}`;

function profileWords({ name, model = name, baseUrl, contextWindow, inputPrice, outputPrice }: ModelProfile): string {
  const prices = inputPrice === undefined || outputPrice === undefined ? "no prices" : "with prices";
  return `${model} at ${endpointHost(baseUrl)}, context window ${contextWindow ?? "not set"}, ${prices}`;
}

function counted(conversations: readonly ListedConversation[]): Record<string, string> {
  const bytes = conversations.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const states = Map.groupBy(conversations, ({ execution_status }) => execution_status);
  return {
    kept: `${conversations.length}, ${(bytes / 1e6).toFixed(1)} MB`,
    ...Object.fromEntries([...states].map(([status, some]) => [status, String(some.length)])),
  };
}
