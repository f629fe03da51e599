import { match } from "node:assert/strict";
import { describe, it } from "mocha";
import { dynamicContext } from "../../../src/agent/prompt.ts";
import type { RuntimeInfo } from "../../../src/protocol/runtime.ts";

const info: RuntimeInfo = {
  kind: "local",
  wall: "Local",
  isSandboxed: false,
  workingDir: "/work",
  platform: "linux",
  shell: "bash",
  outputDir: null,
};

describe("what the model is told of the terminal", () => {
  it("is which shell it is, and in another one than bash to write its language", () => {
    match(dynamicContext(info, "today"), /The terminal is bash\. /);
    match(dynamicContext({ ...info, shell: "fish" }, "today"), /The terminal is fish: write commands in its language, not in bash's\. /);
    match(dynamicContext({ ...info, shell: null }, "today"), /There is no terminal here\./);
  });
});
