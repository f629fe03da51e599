import { RuntimeError } from "../runtime.ts";

// https://github.com/distribution/reference/blob/main/reference.go
const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const host = String.raw`(?:[a-zA-Z0-9][a-zA-Z0-9.-]*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?`;
const tag = String.raw`[\w][\w.-]{0,127}`;
const digest = "[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}";
const imageName = new RegExp(`^(?:(?:${host}/)?${part}(?:/${part})*(?::${tag})?(?:@${digest})?|sha256:[0-9a-f]{64})$`);

/** Throws RuntimeError unless it is what Docker takes for the name of an image. */
export function checkImageName(name: string): void {
  if (name.length <= 300 && imageName.test(name)) return;
  throw new RuntimeError(
    "failed",
    `"${name.slice(0, 100)}" is no name of an image; one looks like python:3.12 or registry.example/team/image:tag.`,
  );
}
