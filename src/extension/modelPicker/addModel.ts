import * as vscode from "vscode";
import { demoModel } from "../../llm/demo.ts";
import { type ListedModel, listModels } from "../../llm/modelList.ts";
import { isVscodeModel } from "../../llm/vscodeModel.ts";
import type { ModelProfile } from "../../protocol/settings.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { type ApiKeys, endpointHost } from "../apiKeys.ts";
import { isLoopback } from "../modelChoice.ts";
import type { Models } from "../models.ts";
import { type KnownEndpoint, knownEndpoints } from "./endpoints.ts";
import { type Answer, askChoice, askText, type Step } from "./quickInput.ts";

export interface AddParts {
  readonly models: Models;
  readonly keys: ApiKeys;
}

/** What has been answered so far. */
interface Draft {
  readonly endpoint: KnownEndpoint;
  readonly address: string | undefined;
  readonly model: string;
  readonly name: string;
  readonly contextWindow: number | undefined;
}

type StepName = "endpoint" | "address" | "key" | "model" | "name";

/**
 * Asks for a model step by step, with a way back, and keeps it as a profile; `edited` is the one that is changed. Its name when it is done,
 * undefined when the person has left.
 */
export async function addModel(parts: AddParts, edited?: ModelProfile): Promise<string | undefined> {
  let draft = draftOf(edited);
  let steps = await stepsFor(draft, parts);
  const seen: StepName[] = [];
  let at: StepName = edited === undefined ? "endpoint" : (steps[1] ?? "model");
  for (;;) {
    const place = { title: edited ? `Edit Model "${edited.name}"` : "Add a Model", step: steps.indexOf(at) + 1, totalSteps: steps.length };
    const answer = await ask[at]({ draft, place, parts, edited });
    if (answer === undefined) return undefined;
    if (answer === "back") {
      at = seen.pop() ?? steps[Math.max(0, steps.indexOf(at) - 1)] ?? "endpoint";
      continue;
    }
    draft = answer.value;
    seen.push(at);
    const next = nextStep(at, (steps = await stepsFor(draft, parts, seen)));
    if (next === undefined) return save(draft, parts, edited);
    at = next;
  }
}

function nextStep(at: StepName, steps: readonly StepName[]): StepName | undefined {
  return steps[steps.indexOf(at) + 1];
}

/** A key is asked for where none is set and one may be needed; a step that was shown stays, so that one can go back to it. */
async function stepsFor({ endpoint, address }: Draft, { keys }: AddParts, seen: readonly StepName[] = []): Promise<readonly StepName[]> {
  const isKnown = endpoint.baseUrl !== null || address !== undefined;
  const wantsKey = seen.includes("key") || !isKnown || (!isLoopback(address) && (await keys.get(address)) === undefined);
  return [
    "endpoint",
    ...(endpoint.baseUrl === null ? (["address"] as const) : []),
    ...(wantsKey ? (["key"] as const) : []),
    "model",
    "name",
  ];
}

function draftOf(edited: ModelProfile | undefined): Draft {
  const [first, ...others] = knownEndpoints;
  const other = others.at(-1);
  if (first === undefined || other === undefined) throw new Error("There are no endpoints to choose from.");
  if (edited === undefined) return { endpoint: first, address: undefined, model: "", name: "", contextWindow: undefined };
  const { name, model = name, baseUrl, contextWindow } = edited;
  const endpoint = knownEndpoints.find((one) => one.baseUrl === baseUrl) ?? other;
  return { endpoint, address: baseUrl, model, name, contextWindow };
}

interface Asking {
  readonly draft: Draft;
  readonly place: Omit<Step, "placeholder">;
  readonly parts: AddParts;
  readonly edited: ModelProfile | undefined;
}

const ask: Readonly<Record<StepName, (asking: Asking) => Promise<Answer<Draft>>>> = {
  endpoint: async ({ draft, place }) => {
    const choices = knownEndpoints.map((endpoint) => ({ label: endpoint.name, detail: endpoint.detail, value: endpoint }));
    const answer = await askChoice({ ...place, placeholder: "Where is the model?" }, choices, draft.endpoint);
    return mapped(answer, (endpoint) => {
      const isSame = endpoint === draft.endpoint;
      return { ...draft, endpoint, address: isSame ? draft.address : (endpoint.baseUrl ?? undefined) };
    });
  },

  address: async ({ draft, place }) => {
    const validate = (text: string): string | undefined =>
      /^https?:\/\//.test(text) && URL.canParse(text) ? undefined : "This is not an http or https address.";
    const prompt = "The base URL, up to and with /v1";
    const answer = await askText({ ...place, placeholder: "https://example.com/v1", prompt, value: draft.address ?? "", validate });
    return mapped(answer, (text) => ({ ...draft, address: text.replace(/\/+$/, "") }));
  },

  key: async ({ draft, place, parts }) => {
    const isOptional = draft.address !== undefined;
    const prompt = `The API key for ${endpointHost(draft.address)}. It is kept in VS Code's secret storage and sent to this host only.${isOptional ? " Leave it empty if none is needed." : ""}`;
    const isThere = (await parts.keys.get(draft.address)) !== undefined;
    const validate = (text: string): string | undefined =>
      text === "" && !isOptional && !isThere ? "OpenAI's models need a key." : undefined;
    const answer = await askText({ ...place, placeholder: "API key", prompt, value: "", password: true, validate });
    if (typeof answer === "object" && answer.value !== "") await parts.keys.set(draft.address, answer.value);
    return mapped(answer, () => draft);
  },

  model: async ({ draft, place, parts }) => {
    const listed = await listedModels(draft, parts.keys);
    if (typeof listed !== "string" && listed.length > 0) return chooseModel({ draft, place, listed });
    const prompt =
      typeof listed === "string" ? `The model's name, as the endpoint knows it. ${listed}` : "The model's name, as the endpoint knows it";
    const validate = (text: string): string | undefined => (text === "" ? "The name is missing." : undefined);
    const answer = await askText({ ...place, placeholder: draft.endpoint.sampleModel, prompt, value: draft.model, validate });
    return mapped(answer, (model) => withModel(draft, { id: model }));
  },

  name: async ({ draft, place, parts, edited }) => {
    const taken = parts.models.settings.profiles.map(({ name }) => name).filter((name) => name !== edited?.name);
    const validate = (text: string): string | undefined => faultOfName(text, taken);
    const value = draft.name || freeName(draft.model, taken);
    const answer = await askText({ ...place, placeholder: draft.model, prompt: "What it is called in VS Code", value, validate });
    return mapped(answer, (name) => ({ ...draft, name }));
  },
};

interface Choosing {
  readonly draft: Draft;
  readonly place: Omit<Step, "placeholder">;
  readonly listed: readonly ListedModel[];
}

async function chooseModel({ draft, place, listed }: Choosing): Promise<Answer<Draft>> {
  const other: ListedModel = { id: "" };
  const choices = listed.map((model) => ({
    label: model.id,
    ...(model.contextWindow === undefined ? {} : { description: `${model.contextWindow.toLocaleString("en")} tokens` }),
    value: model,
  }));
  const typed = { label: "Other…", detail: "A model that the endpoint does not list", alwaysShow: true, value: other };
  const current = listed.find(({ id }) => id === draft.model);
  const answer = await askChoice({ ...place, placeholder: "Which of its models?" }, [...choices, typed], current);
  if (typeof answer !== "object" || answer.value !== other) return mapped(answer, (model) => withModel(draft, model));
  const validate = (text: string): string | undefined => (text === "" ? "The name is missing." : undefined);
  const prompt = "The model's name, as the endpoint knows it";
  const text = await askText({ ...place, placeholder: draft.endpoint.sampleModel, prompt, value: draft.model, validate });
  return text === "back" ? chooseModel({ draft, place, listed }) : mapped(text, (id) => withModel(draft, { id }));
}

/** What was known of another model does not hold for this one. */
function withModel(draft: Draft, { id, contextWindow }: ListedModel): Draft {
  const isSame = id === draft.model;
  return {
    ...draft,
    model: id,
    name: isSame ? draft.name : "",
    contextWindow: contextWindow ?? (isSame ? draft.contextWindow : undefined),
  };
}

/** The models, or why the endpoint does not tell them. */
async function listedModels({ address }: Draft, keys: ApiKeys): Promise<readonly ListedModel[] | string> {
  const options = { location: { viewId: "openhands.chat" } };
  const apiKey = await keys.get(address);
  return vscode.window.withProgress(options, async () =>
    listModels({ baseUrl: address, apiKey, signal: AbortSignal.timeout(5_000) }).catch(
      (error: unknown) =>
        `Its list could not be read: ${error instanceof DOMException ? "it did not answer in 5 seconds." : messageOf(error)}`,
    ),
  );
}

function faultOfName(name: string, taken: readonly string[]): string | undefined {
  if (name === "") return "The name is missing.";
  if (taken.includes(name)) return "Another model has this name already.";
  if (name === demoModel || isVscodeModel({ model: name })) return "This name stands for another model.";
  return undefined;
}

function freeName(model: string, taken: readonly string[]): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? model : `${model} (${count})`;
    if (faultOfName(name, taken) === undefined) return name;
  }
}

async function save(
  { address, model, name, contextWindow }: Draft,
  { models }: AddParts,
  edited: ModelProfile | undefined,
): Promise<string> {
  const { baseUrl: _, contextWindow: __, ...kept } = edited ?? { name };
  const profile: ModelProfile = {
    ...kept,
    name,
    model,
    ...(address === undefined ? {} : { baseUrl: address }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
  };
  await models.saveProfile(profile, edited?.name);
  return name;
}

function mapped<From, To>(answer: Answer<From>, map: (value: From) => To): Answer<To> {
  return typeof answer === "object" ? { value: map(answer.value) } : answer;
}
