import { machineContract } from "./runtimeOnMachine.ts";

machineContract("machine with line editing", { lineEditing: true }, { isTerminal: true });
