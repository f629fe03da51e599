import { openMemoryRuntime } from "../../src/runtime/memory/memoryRuntime.ts";
import { runtimeContract } from "./runtime.ts";

runtimeContract("memory", async (workingDir) => openMemoryRuntime({ workingDir }), {
  realShell: false,
  isTerminal: false,
  baseDir: "/memory",
});
