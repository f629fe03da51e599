// Opens a sandbox and waits to be killed: `node openSandbox.ts <conversation id> <state folder>`.
import path from "node:path";
import { ConversationId } from "../../src/protocol/ids.ts";
import { noLog } from "../../src/protocol/log.ts";
import { Sandboxes } from "../../src/runtime/docker/sandboxes.ts";
import { MachineFiles } from "../../src/runtime/machine/machineFiles.ts";
import { root } from "./checkout.ts";
import { usualSettings } from "./sandboxes.ts";

const [id, stateFolder = ""] = process.argv.slice(2);
const sandboxes = new Sandboxes({
  dist: path.join(root, "dist"),
  stateFolder,
  settings: () => usualSettings,
  hostFiles: new MachineFiles(),
  environment: process.env,
  log: noLog,
});
await sandboxes.open({
  conversationId: ConversationId.parse(id),
  folders: [stateFolder],
  ref: { kind: "docker", image: "debian:bookworm-slim", network: "none", workspace: "copy" },
  onPhase: () => undefined,
  signal: new AbortController().signal,
});
console.log("open");
setInterval(() => undefined, 60_000);
