import { LlmConfig } from "../../protocol/agentServer/agent.ts";
import { type LlmProfileInfo, mostProfiles, ProfileName } from "../../protocol/agentServer/profiles.ts";
import { Refusal } from "../answers.ts";
import type { KeptFiles } from "../storage/keptFiles.ts";

const folder = "profiles";
const fileOf = (name: string): string => `${folder}/${name}.json`;

/** Models by name, a file for each. What changes them is used within `exclusively`, because settings and agents refer to them. */
export class LlmProfiles {
  readonly #files: KeptFiles;

  constructor(files: KeptFiles) {
    this.#files = files;
  }

  async names(): Promise<readonly string[]> {
    return (await this.#files.names(folder)).filter((name) => ProfileName.safeParse(name).success);
  }

  /** One that cannot be understood is left out. */
  async list(): Promise<readonly LlmProfileInfo[]> {
    const infos = await Promise.all((await this.names()).map(async (name) => infoOf(name, await this.#readOrSkip(name))));
    return infos.flatMap((info) => info ?? []);
  }

  /** What is no name is nobody's. Rejects with a Refusal (409) when the file cannot be understood. */
  async llmOf(name: string): Promise<LlmConfig | undefined> {
    return ProfileName.safeParse(name).success ? this.#files.read(fileOf(name), LlmConfig) : undefined;
  }

  async save(name: string, llm: LlmConfig): Promise<void> {
    refuseTooMany(await this.names(), name, "Profile");
    await this.#files.write(fileOf(name), llm);
  }

  /** Refused when there is none (404), or one of the new name already (409). */
  async move(name: string, newName: string): Promise<void> {
    const llm = await this.#files.readForChange(fileOf(name), LlmConfig);
    if (llm === undefined) throw new Refusal(404, `Profile '${name}' not found`);
    if (name === newName) return;
    if ((await this.names()).includes(newName)) throw new Refusal(409, `Profile '${newName}' already exists`);
    await this.#files.write(fileOf(newName), llm);
    await this.#files.remove(fileOf(name));
  }

  remove(name: string): Promise<boolean> {
    return this.#files.remove(fileOf(name));
  }

  async #readOrSkip(name: string): Promise<LlmConfig | undefined> {
    try {
      return await this.llmOf(name);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
}

export function refuseTooMany(names: readonly string[], name: string, what: string): void {
  if (names.includes(name) || names.length < mostProfiles) return;
  throw new Refusal(409, `${what} limit reached (${mostProfiles}). Delete a profile before saving a new one.`);
}

function infoOf(name: string, llm: LlmConfig | undefined): LlmProfileInfo | undefined {
  if (llm === undefined) return undefined;
  const connection = llm["provider_connection_id"];
  return {
    name,
    model: llm.model,
    base_url: llm.base_url ?? null,
    provider_connection_id: typeof connection === "string" ? connection : null,
    provider_connection_broken: false,
    api_key_set: llm.api_key !== null,
  };
}
