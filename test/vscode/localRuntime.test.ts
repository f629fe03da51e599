import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openLocalRuntime } from "../../src/extension/localRuntime/localRuntime.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { Log } from "../../src/protocol/log.ts";
import { runtimeContract } from "../contract/runtime.ts";

const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const baseDir = path.join(tmpdir(), `openhands-local-${process.pid}`);

describe("LocalRuntime", () => {
  after(() => rmSync(baseDir, { recursive: true, force: true }));

  runtimeContract(
    "local, in the extension host",
    (workingDir) => {
      mkdirSync(workingDir, { recursive: true });
      return openLocalRuntime({ workingDir, conversationId: ConversationId.parse("00000000-0000-4000-8000-000000000000"), log });
    },
    { realShell: true, isTerminal: true, baseDir, atOnce: 8 },
  );
});
