import { machineContract } from "./runtimeOnMachine.ts";

machineContract("machine without a terminal", { pty: "none" }, { isTerminal: false });
