import { homedir } from "node:os";
import { MachineFiles } from "./machineFiles.ts";

/** The person's home folder on this machine, and the files there. */
export function homeFiles(): { readonly files: MachineFiles; readonly folder: string } {
  return { files: new MachineFiles(), folder: homedir() };
}
