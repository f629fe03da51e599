import * as vscode from "vscode";
import { EnvironmentName } from "../protocol/runtime.ts";
import { ConfirmMode } from "../protocol/settings.ts";
import type { Limits } from "../protocol/state.ts";
import type { CommandMap } from "./commandMap.ts";
import { type ConversationParts, idShown } from "./conversationCommands.ts";
import { stateOf } from "./edits/conversationLog.ts";
import { askChoice } from "./modelPicker/quickInput.ts";
import type { Models } from "./models.ts";
import type { Servers } from "./servers/servers.ts";
import { writeSetting } from "./settings.ts";

export interface PolicyParts extends Pick<ConversationParts, "host" | "chats"> {
  readonly models: Models;
  readonly servers: Pick<Servers, "place">;
}

/** What the agent may do by itself, how much it may use, and what it is told in confidence. */
export function policyCommands(parts: PolicyParts): CommandMap {
  return {
    selectMode: () => selectMode(parts),
    raiseLimits: () => raiseLimits(parts),
    setSecret: () => setSecret(parts),
  };
}

/** In the words of the setting `openhands.confirm`. */
const modesOn = (machine: string): Readonly<Record<ConfirmMode, { readonly label: string; readonly detail: string }>> => ({
  always: { label: "Ask Always", detail: "Before every action" },
  risky: {
    label: "Ask Before Commands",
    detail: "Also for secrets, what other programs run, and anything outside the workspace",
  },
  never: { label: "Never Ask", detail: `The agent acts on ${machine} without a wall` },
});

async function selectMode({ models, servers }: PolicyParts): Promise<void> {
  const { settings } = models;
  const machine = servers.place?.name ?? "this machine";
  const modes = modesOn(machine);
  const choices = ConfirmMode.options.map((value) => ({
    ...modes[value],
    value,
    ...(value === settings.confirm ? { description: "in use" } : {}),
  }));
  const step = { title: "Select Mode", step: 1, totalSteps: 1, placeholder: "When the agent asks before it acts" };
  const answer = await askChoice(step, choices, settings.confirm);
  if (answer === undefined || answer === "back" || answer.value === settings.confirm) return;
  if (answer.value === "never" && !(await isSure(machine))) return;
  await writeSetting("confirm", answer.value);
}

async function isSure(machine: string): Promise<boolean> {
  const yes = "Never Ask";
  const detail = `It runs commands and changes files on ${machine} without asking, and no sandbox holds it back. A page or file that it reads can mislead it.`;
  return (await vscode.window.showWarningMessage("Let the agent act without asking?", { modal: true, detail }, yes)) === yes;
}

interface Limit {
  readonly label: string;
  readonly now: number | undefined;
  readonly set: (value: number) => { readonly limits?: Limits; readonly maxIterations?: number };
}

/** For the conversation that is shown, from its next run on. */
async function raiseLimits({ host, chats }: PolicyParts): Promise<void> {
  const conversationId = idShown(chats);
  const server = host.serverOf?.(conversationId);
  if (server !== undefined)
    throw new Error(
      `The limits of a conversation on ${server} were fixed when it began, and hold for each of its runs: Continue starts another. Nothing was changed.`,
    );
  const { max_iterations, limits = {} } = await stateOf(host, conversationId);
  const all: readonly Limit[] = [
    { label: "Steps", now: max_iterations, set: (value) => ({ maxIterations: Math.max(1, Math.floor(value)) }) },
    { label: "Cost in dollars", now: limits.max_cost_usd, set: (max_cost_usd) => ({ limits: { max_cost_usd } }) },
    { label: "Tokens", now: limits.max_tokens, set: (value) => ({ limits: { max_tokens: Math.max(1, Math.floor(value)) } }) },
    {
      label: "Minutes",
      now: limits.max_wall_seconds === undefined ? undefined : limits.max_wall_seconds / 60,
      set: (value) => ({ limits: { max_wall_seconds: value * 60 } }),
    },
  ];
  const picked = await vscode.window.showQuickPick(
    all.map((limit) => ({ label: limit.label, description: limit.now === undefined ? "no limit" : `${limit.now} a run`, limit })),
    { title: "Raise Limits (1/2)", placeHolder: "What one run of this conversation may use" },
  );
  if (picked === undefined) return;
  const { now } = picked.limit;
  const given = await vscode.window.showInputBox({
    title: `Raise Limits (2/2): ${picked.label}`,
    prompt: "Holds from the next run of this conversation on. For new conversations there are settings.",
    value: now === undefined ? "" : String(now * 2),
    validateInput: (text) => (Number(text) > 0 && Number.isFinite(Number(text)) ? undefined : "This is not a number above zero."),
  });
  if (given === undefined) return;
  const change = picked.limit.set(Number(given));
  await host.handle({
    type: "limits.set",
    conversationId,
    limits: { ...limits, ...change.limits },
    ...(change.maxIterations === undefined ? {} : { maxIterations: change.maxIterations }),
  });
}

/** Known while the window has the conversation open; its value is kept nowhere. */
async function setSecret({ host, chats }: PolicyParts): Promise<void> {
  const conversationId = idShown(chats);
  const name = await vscode.window.showInputBox({
    title: "Set Secret (1/2)",
    prompt: "Its name, as commands use it: a variable of the environment",
    placeHolder: "GITHUB_TOKEN",
    ignoreFocusOut: true,
    validateInput: (text) => (EnvironmentName.safeParse(text.trim()).success ? undefined : "Letters, digits and _, and no digit first."),
  });
  if (name === undefined) return;
  const value = await vscode.window.showInputBox({
    title: `Set Secret (2/2): ${name.trim()}`,
    prompt: "Never shown, stored or sent to the model. Commands that name it have it, until this window closes the conversation.",
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text.length < 4 ? "At least four characters." : undefined),
  });
  if (value === undefined) return;
  await host.handle({ type: "secrets.set", conversationId, secrets: { [name.trim()]: value } });
}
