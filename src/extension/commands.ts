import * as vscode from "vscode";
import { demoModel } from "../llm/demo.ts";
import type { LlmRef } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import { type ApiKeys, endpointHost } from "./apiKeys.ts";
import type { ChatView } from "./chatView.ts";
import type { Models } from "./models.ts";
import type { Workspace } from "./workspace.ts";

export interface CommandParts {
  readonly chat: ChatView;
  readonly models: Models;
  readonly keys: ApiKeys;
  readonly workspace: Workspace;
  readonly channel: vscode.LogOutputChannel;
}

/** The palette: each command with what it does; a failure is said in a notification with a way to the log. */
export function registerCommands(context: vscode.ExtensionContext, parts: CommandParts): void {
  const commands: Readonly<Record<string, () => unknown>> = {
    startTask: () => startTask(parts),
    newConversation: async () => {
      if (await parts.chat.chat.newConversation()) await parts.chat.reveal();
    },
    stop: () => parts.chat.chat.stop(),
    setApiKey: () => setApiKey(parts),
    selectModel: () => selectModel(parts),
    openDemoWorkspace: () => parts.workspace.openDemo(),
    showLog: () => parts.channel.show(true),
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(`openhands.${name}`, () => guarded(run, parts.channel)));
  }
}

async function guarded(run: () => unknown, channel: vscode.LogOutputChannel): Promise<void> {
  try {
    await run();
  } catch (error) {
    channel.error("a command failed", String(error));
    const answer = await vscode.window.showErrorMessage(messageOf(error), "Show Log");
    if (answer === "Show Log") channel.show(true);
  }
}

/** Where no task can begin, the view says why and what to do. */
async function startTask({ chat }: CommandParts): Promise<void> {
  if (!(await chat.chat.isReady())) return chat.reveal();
  const text = await vscode.window.showInputBox({
    title: "OpenHands: Start Task",
    prompt: "What should the agent do in this folder?",
    placeHolder: "Find out why the tests fail and fix it",
    ignoreFocusOut: true,
  });
  if (text === undefined || text.trim() === "" || !(await chat.chat.newConversation())) return;
  await chat.reveal();
  await chat.chat.startTask(text.trim());
}

async function setApiKey({ models, keys }: CommandParts): Promise<void> {
  const baseUrl = models.current?.base_url;
  const host = endpointHost(baseUrl);
  const key = await vscode.window.showInputBox({
    title: `API key for ${host}`,
    prompt: `Kept in VS Code's secret storage and sent to this host only.${(await keys.isStored(baseUrl)) ? " Leave it empty to remove the key." : ""}`,
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  if (key.trim() === "") return keys.clear(baseUrl);
  await keys.set(baseUrl, key.trim());
  if (models.current === undefined) await vscode.commands.executeCommand("openhands.selectModel");
}

interface ModelItem extends vscode.QuickPickItem {
  readonly choose: () => Promise<LlmRef | undefined>;
}

async function selectModel({ models, keys }: CommandParts): Promise<void> {
  const picked = await vscode.window.showQuickPick(modelItems(models), {
    title: "Select Model",
    placeHolder: "The model for this and new conversations",
  });
  const ref = await picked?.choose();
  if (ref === undefined) return;
  await models.select(ref);
  const needsKey = ref.model !== demoModel && !(await models.isReady()) && (await keys.get(ref.base_url)) === undefined;
  if (needsKey) await vscode.commands.executeCommand("openhands.setApiKey");
}

function modelItems({ current }: Models): ModelItem[] {
  const here: ModelItem[] =
    current && current.model !== demoModel
      ? [{ label: current.model, description: `in use · ${endpointHost(current.base_url)}`, choose: async () => current }]
      : [];
  return [
    ...here,
    { label: "OpenAI…", detail: "A model of OpenAI; needs an API key", choose: () => askModel(undefined) },
    {
      label: "OpenAI-compatible endpoint…",
      detail: "Ollama, LM Studio, vLLM, OpenRouter, LiteLLM and others",
      choose: () => askEndpoint(current?.base_url ?? ""),
    },
    {
      label: "Demo",
      detail: "Plays one recorded task on a sample folder, with real tools; no key, no network",
      choose: async () => ({ model: demoModel }),
    },
  ];
}

async function askEndpoint(value: string): Promise<LlmRef | undefined> {
  const url = await vscode.window.showInputBox({
    title: "OpenAI-compatible endpoint (1/2)",
    prompt: "The base URL, up to and with /v1",
    placeHolder: "http://127.0.0.1:11434/v1",
    value,
    ignoreFocusOut: true,
    validateInput: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? undefined : "This is not an http or https address."),
  });
  return url === undefined ? undefined : askModel(url.trim().replace(/\/+$/, ""));
}

async function askModel(base_url: string | undefined): Promise<LlmRef | undefined> {
  const model = await vscode.window.showInputBox({
    title: base_url === undefined ? "Model of OpenAI" : "OpenAI-compatible endpoint (2/2)",
    prompt: "The model's name, as the endpoint knows it",
    placeHolder: base_url === undefined ? "gpt-5" : "qwen3-coder",
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === "" ? "The name is missing." : undefined),
  });
  if (model === undefined) return undefined;
  return base_url === undefined ? { model: model.trim() } : { model: model.trim(), base_url };
}
