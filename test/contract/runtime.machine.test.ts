import { machineContract } from "./runtimeOnMachine.ts";

machineContract("machine", {}, { isTerminal: true });
