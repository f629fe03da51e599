import * as vscode from "vscode";
import { demoModel } from "../llm/demo.ts";
import { llmOf, type ModelProfile, Settings } from "../protocol/settings.ts";
import type { LlmRef } from "../protocol/state.ts";
import { type ApiKeys, endpointHost } from "./apiKeys.ts";

/** The settings that say which model is used and when it asks, and whether that is enough to begin. */
export class Models implements vscode.Disposable {
  readonly #keys: ApiKeys;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  /** Settings, or a key, have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(keys: ApiKeys, environment: Readonly<Record<string, string | undefined>>) {
    this.#keys = keys;
    this.#environment = environment;
    this.#subscriptions = [
      this.#changed,
      keys.onDidChange(() => this.#changed.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("openhands") && this.#changed.fire()),
    ];
  }

  get settings(): Settings {
    const configuration = vscode.workspace.getConfiguration("openhands");
    return Settings.parse(Object.fromEntries(Object.keys(Settings.shape).map((key) => [key, configuration.get(key)])));
  }

  /** The model for a new conversation; the environment's where the settings name none. Undefined: none is chosen. */
  get current(): LlmRef | undefined {
    const { model, profiles } = this.settings;
    if (model === demoModel) return { model };
    const profile = profiles.find(({ name }) => name === model);
    if (profile) return llmOf(profile);
    const { LLM_MODEL, LLM_BASE_URL, OPENAI_BASE_URL } = this.#environment;
    if (model !== "") return { model };
    const url = LLM_BASE_URL || OPENAI_BASE_URL;
    return LLM_MODEL ? { model: LLM_MODEL, ...(url ? { base_url: url } : {}) } : undefined;
  }

  get isDemo(): boolean {
    return this.current?.model === demoModel;
  }

  /** Whether a task can begin: a model is chosen, and the key that its endpoint needs is there. */
  async isReady(): Promise<boolean> {
    const { current } = this;
    if (current === undefined) return false;
    if (this.isDemo || (current.base_url !== undefined && endpointHost(current.base_url) !== endpointHost(undefined))) return true;
    return (await this.#keys.get(current.base_url)) !== undefined;
  }

  /** Kept in the person's own settings, never in the workspace's. */
  async select({ model, base_url }: LlmRef): Promise<void> {
    const configuration = vscode.workspace.getConfiguration("openhands");
    if (model !== demoModel) {
      const others = this.settings.profiles.filter(({ name }) => name !== model);
      const profile: ModelProfile = { name: model, ...(base_url ? { baseUrl: base_url } : {}) };
      await configuration.update("profiles", [...others, profile], vscode.ConfigurationTarget.Global);
    }
    await configuration.update("model", model, vscode.ConfigurationTarget.Global);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
