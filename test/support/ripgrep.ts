// The copies of ripgrep on this machine: the person's own, and the one that comes with the editor which the tests have downloaded.
import { accessSync, constants, globSync } from "node:fs";
import path from "node:path";
import { root } from "./checkout.ts";

export function ripgrepPrograms(): string[] {
  const onPath = (process.env["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "rg"));
  const copies = globSync(`{.cache,.vscode-test}/*/**/@vscode/ripgrep*/bin/{rg,${process.platform}-${process.arch}/rg}`, { cwd: root });
  return [...onPath, ...copies.map((copy) => path.join(root, copy))].filter(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
