import type { Event, SecretStorage, SecretStorageChangeEvent } from "vscode";

const openAi = "api.openai.com";

/** API keys, one per endpoint host, in VS Code's SecretStorage; the environment's key where none is stored. */
export class ApiKeys {
  readonly onDidChange: Event<SecretStorageChangeEvent>;
  readonly #secrets: SecretStorage;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #version = 0;

  constructor(secrets: SecretStorage, environment: Readonly<Record<string, string | undefined>>) {
    this.#secrets = secrets;
    this.#environment = environment;
    this.onDidChange = secrets.onDidChange;
    this.onDidChange(() => this.#version++);
  }

  /** Another number whenever a key has changed, in whichever window. */
  get version(): number {
    return this.#version;
  }

  /** A key is never sent to a host that it was not set for; the environment's goes to the environment's endpoint only. */
  async get(baseUrl: string | undefined): Promise<string | undefined> {
    const stored = await this.#secrets.get(secretName(baseUrl));
    if (stored) return stored;
    const { LLM_API_KEY, OPENAI_API_KEY, LLM_BASE_URL, OPENAI_BASE_URL } = this.#environment;
    const home = LLM_BASE_URL || OPENAI_BASE_URL || undefined;
    return endpointHost(home) === endpointHost(baseUrl) ? LLM_API_KEY || OPENAI_API_KEY || undefined : undefined;
  }

  /** Whether there is one to remove; the environment's does not count. */
  async isStored(baseUrl: string | undefined): Promise<boolean> {
    return (await this.#secrets.get(secretName(baseUrl))) !== undefined;
  }

  async set(baseUrl: string | undefined, key: string): Promise<void> {
    await this.#secrets.store(secretName(baseUrl), key);
  }

  /** What is returned puts the key back. */
  async clear(baseUrl: string | undefined): Promise<() => Promise<void>> {
    const key = await this.#secrets.get(secretName(baseUrl));
    await this.#secrets.delete(secretName(baseUrl));
    return async () => {
      if (key !== undefined) await this.set(baseUrl, key);
    };
  }
}

/** The host that a base URL leads to, in a person's words. */
export function endpointHost(baseUrl: string | undefined): string {
  if (baseUrl === undefined) return openAi;
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
}

const secretName = (baseUrl: string | undefined): string => `apiKey:${endpointHost(baseUrl)}`;
