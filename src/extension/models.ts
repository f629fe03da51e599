import * as vscode from "vscode";
import { needsKey } from "../llm/openLlm.ts";
import type { ModelProfile, Settings } from "../protocol/settings.ts";
import type { LlmRef } from "../protocol/state.ts";
import type { ApiKeys } from "./apiKeys.ts";
import { chooseModel, type Environment, environmentModel, isLoopback, labelOf, type ModelChoice } from "./modelChoice.ts";
import { readSettings, writeSetting } from "./settings.ts";

/** Whether an endpoint has its key; `not needed` is said of servers on this machine only, others may or may not want one. */
export type KeyState = "set" | "missing" | "not needed";

/** The settings that say which model is used and when it asks, and whether that is enough to begin. */
export class Models implements vscode.Disposable {
  readonly #keys: ApiKeys;
  readonly #environment: Environment;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  /** Settings, or a key, have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(keys: ApiKeys, environment: Environment) {
    this.#keys = keys;
    this.#environment = environment;
    this.#subscriptions = [
      this.#changed,
      keys.onDidChange(() => this.#changed.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("openhands") && this.#changed.fire()),
    ];
  }

  get settings(): Settings {
    return readSettings();
  }

  get choice(): ModelChoice {
    return chooseModel(this.settings, this.#environment);
  }

  /** The model for a new conversation; the environment's where the settings name none. Undefined: none is chosen. */
  get current(): LlmRef | undefined {
    const { choice } = this;
    return choice.source === "none" ? undefined : choice.llm;
  }

  /** The model behind an endpoint that the environment names, chosen or not. */
  get ofEnvironment(): LlmRef | undefined {
    return environmentModel(this.#environment);
  }

  /** As shown under the composer. */
  get label(): string {
    return labelOf(this.choice);
  }

  get isDemo(): boolean {
    return this.choice.source === "demo";
  }

  /** Whether a task can begin: a model is chosen, and the key that its endpoint needs is there. */
  async isReady(): Promise<boolean> {
    const { current } = this;
    if (current === undefined) return false;
    return !needsKey(current) || (await this.#keys.get(current.base_url)) !== undefined;
  }

  async keyState(baseUrl: string | undefined): Promise<KeyState> {
    if ((await this.#keys.get(baseUrl)) !== undefined) return "set";
    return isLoopback(baseUrl) ? "not needed" : "missing";
  }

  /** By its name in the settings; empty: the environment's. Kept in the person's own settings, never in the workspace's. */
  async select(name: string): Promise<void> {
    await writeSetting("model", name);
  }

  /** In the place of the profile with the name `replaced`, or as the last one; a profile that was chosen stays so under its new name. */
  async saveProfile(profile: ModelProfile, replaced = profile.name): Promise<void> {
    const { profiles, model } = this.settings;
    const at = profiles.findIndex(({ name }) => name === replaced);
    await writeSetting("profiles", at < 0 ? [...profiles, profile] : profiles.with(at, profile));
    if (model === replaced && model !== profile.name) await this.select(profile.name);
  }

  /** Takes it out; what is returned puts it back as it was. */
  async removeProfile(removed: ModelProfile): Promise<() => Promise<void>> {
    const { profiles, model } = this.settings;
    const at = profiles.findIndex(({ name }) => name === removed.name);
    await writeSetting("profiles", profiles.toSpliced(at, 1));
    if (model === removed.name) await this.select("");
    return async () => {
      const now = this.settings.profiles.filter(({ name }) => name !== removed.name);
      await writeSetting("profiles", now.toSpliced(at, 0, removed));
      if (model === removed.name) await this.select(model);
    };
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
