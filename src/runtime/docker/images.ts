import type Docker from "dockerode";
import { RuntimeError } from "../runtime.ts";
import { statusOf } from "./engineAnswers.ts";
import { checkImageName } from "./imageName.ts";
import { type PullNeeds, pullImage } from "./pullImage.ts";

/** What is used when none is named and our own is not there: it has git, compilers, Node and Python. */
export const usualImage = "node:24-bookworm";
const ourImage = "openhands/sandbox-server";

export interface ImageNeeds extends PullNeeds {
  /** The engine's, in the words of images. */
  readonly architecture: string;
}

/** An image that is on the engine. */
export interface PresentImage {
  /** As it was named, or chosen. */
  readonly name: string;
  /** Its content; a name may be moved to another. */
  readonly id: string;
  /** Its environment, `NAME=value`. */
  readonly environment: readonly string[];
}

/**
 * The image of that name, or the usual one when it is empty. What is there is not asked for anywhere, so it works without a network; what is
 * missing is pulled, and `onPhase` hears how far it is.
 *
 * Rejects with RuntimeError when it cannot be had or does not run on this engine. Aborting ends the pull; layers that are whole stay.
 */
export async function ensureImage(docker: Docker, named: string, needs: ImageNeeds): Promise<PresentImage> {
  const name = named === "" ? await defaultImage(docker) : named;
  checkImageName(name);
  const present = (await inspect(docker, name)) ?? (await pulled(docker, name, needs));
  const { Id: id, Config: config, Architecture: architecture, Os: system } = present;
  if (system !== "" && system !== "linux")
    throw new RuntimeError("failed", `The image ${name} is for ${system}; a sandbox needs one for Linux.`);
  if (architecture !== "" && architecture !== needs.architecture) {
    throw new RuntimeError(
      "failed",
      `The image ${name} is for ${architecture}, and the engine runs ${needs.architecture}: choose another image, or pull this one by "docker pull --platform linux/${needs.architecture} ${name}".`,
    );
  }
  return { name, id, environment: config.Env ?? [] };
}

async function pulled(docker: Docker, name: string, needs: ImageNeeds): Promise<Docker.ImageInspectInfo> {
  await pullImage(docker, name, needs);
  const image = await inspect(docker, name);
  if (image === undefined) throw new RuntimeError("failed", `The image ${name} was pulled, but the engine does not have it; try again.`);
  return image;
}

async function inspect(docker: Docker, name: string): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(name).inspect();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Our own when it is there, of whatever version is the newest. */
async function defaultImage(docker: Docker): Promise<string> {
  const ours = await docker.listImages({ filters: { reference: [ourImage] } });
  const [newest] = ours.toSorted((one, other) => other.Created - one.Created).flatMap(({ RepoTags: tags }) => tags ?? []);
  return newest ?? usualImage;
}

/** The names of the images on the engine, in the order of the alphabet. */
export async function imageNames(docker: Docker, signal: AbortSignal): Promise<string[]> {
  const images = await docker.listImages({ abortSignal: signal });
  const names = images.flatMap(({ RepoTags: tags }) => tags ?? []).filter((name) => name !== "<none>:<none>");
  return [...new Set(names)].toSorted();
}
