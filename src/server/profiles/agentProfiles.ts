import { randomUUID } from "node:crypto";
import { AgentProfile, ProfileName } from "../../protocol/agentServer/profiles.ts";
import { parsed, Refusal } from "../answers.ts";
import type { KeptFiles } from "../storage/keptFiles.ts";
import { refuseTooMany } from "./llmProfiles.ts";

const folder = "agent-profiles";
const fileOf = (name: string): string => `${folder}/${name}.json`;

/** Agents by name, a file for each. What changes them is used within `exclusively`. */
export class AgentProfiles {
  readonly #files: KeptFiles;

  constructor(files: KeptFiles) {
    this.#files = files;
  }

  async names(): Promise<readonly string[]> {
    return (await this.#files.names(folder)).filter((name) => ProfileName.safeParse(name).success);
  }

  /** Sorted by name. One that cannot be understood is left out. */
  async list(): Promise<readonly AgentProfile[]> {
    const profiles = await Promise.all((await this.names()).map((name) => this.#readOrSkip(name)));
    return profiles.flatMap((profile) => profile ?? []);
  }

  /** Rejects with a Refusal: 404 where there is none, 409 when the file cannot be understood. */
  async read(name: string): Promise<AgentProfile> {
    const profile = await this.#files.read(fileOf(name), AgentProfile);
    if (profile === undefined) throw notFound(name);
    return { ...profile, name };
  }

  /** What `body` leaves out is as usual. It keeps the id of the one before, with the next revision; a new one gets its own. */
  async save(name: string, body: Readonly<Record<string, unknown>>): Promise<AgentProfile> {
    const before = await this.#files.read(fileOf(name), AgentProfile);
    refuseTooMany(await this.names(), name, "Agent profile");
    // An old version had whole skills in it.
    const { skills: _, ...rest } = body;
    const identity = { id: before?.id ?? randomUUID(), revision: before ? before.revision + 1 : 0, name, schema_version: 2 };
    const profile = parsed({ ...rest, ...identity }, { schema: AgentProfile, place: "body" });
    await this.#files.write(fileOf(name), profile);
    return profile;
  }

  /** Its id stays. */
  async move(name: string, newName: string): Promise<void> {
    const profile = await this.read(name);
    if (name === newName) return;
    if ((await this.names()).includes(newName)) throw new Refusal(409, `Agent profile '${newName}' already exists`);
    await this.#files.write(fileOf(newName), { ...profile, name: newName });
    await this.#files.remove(fileOf(name));
  }

  /** Undefined where there was none. */
  async remove(name: string): Promise<AgentProfile | undefined> {
    const profile = await this.#readOrSkip(name);
    await this.#files.remove(fileOf(name));
    return profile;
  }

  /** Those that refer to an LLM profile. */
  async referrersOf(llmProfile: string): Promise<readonly string[]> {
    return (await this.list()).flatMap((profile) => (refersTo(profile, llmProfile) ? profile.name : []));
  }

  /** Lets those that refer to one LLM profile refer to another. */
  async follow(llmProfile: string, newName: string): Promise<void> {
    for (const profile of await this.list()) {
      if (refersTo(profile, llmProfile)) await this.#files.write(fileOf(profile.name), { ...profile, llm_profile_ref: newName });
    }
  }

  async #readOrSkip(name: string): Promise<AgentProfile | undefined> {
    try {
      return await this.read(name);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
}

function refersTo(profile: AgentProfile, llmProfile: string): boolean {
  return profile.agent_kind === "openhands" && profile.llm_profile_ref === llmProfile;
}

function notFound(name: string): Refusal {
  return new Refusal(404, `Agent profile '${name}' not found`);
}
