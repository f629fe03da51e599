import { personOptions } from "../support/personsHome.ts";
import { machineContract } from "./runtimeOnMachine.ts";

machineContract("machine with a person's own start-up files", personOptions(), { isTerminal: true });
