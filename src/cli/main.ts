#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { ConversationError } from "../conversation/conversationError.ts";
import { ConversationStore } from "../conversation/store.ts";
import { HostError } from "../host/hostError.ts";
import { ServerError } from "../host/remote/serverError.ts";
import type { ListedConversation } from "../protocol/summary.ts";
import { messageOf } from "../protocol/thrown.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { demoFolder, logOf } from "./compose.ts";
import { demo } from "./demo.ts";
import { conversationsFolder, type Environment } from "./environment.ts";
import { deleteConversation, headingText, listConversations, restoreConversation, showConversation } from "./history.ts";
import { humanOutput } from "./humanOutput.ts";
import { stopWhenLeft } from "./leave.ts";
import { deleteOnServer, openServer, showOnServer } from "./onServer.ts";
import { type HistoryInvocation, type Invocation, readInvocation, type SandboxInvocation } from "./options.ts";
import { jsonOutput } from "./output.ts";
import { reviewChanges } from "./reviewChanges.ts";
import { run } from "./run.ts";
import { listSandboxes, pruneSandboxes } from "./sandboxCommands.ts";
import { lazySandboxes } from "./sandboxes.ts";
import { painter, safe } from "./terminalText.ts";
import { exitCodes, helpText, UsageError } from "./usage.ts";
import { type Written, watchWriting } from "./writing.ts";

const written = watchWriting(process.stdout, process.stderr);
process.exitCode = await main(process.argv.slice(2), process.env, written);

async function main(args: readonly string[], environment: Environment, { whenNotRead, failure }: Written): Promise<number> {
  try {
    const exitCode = await invoke(await readInvocation(args, environment), environment, whenNotRead);
    const unwritten = await failure();
    if (unwritten === undefined) return exitCode;
    process.stderr.write(`The output could not be written (${unwritten.message}).\n`);
    return exitCodes.failed;
  } catch (error) {
    process.stderr.write(`${safe(messageOf(error))}\n`);
    return exitCodeOf(error);
  }
}

/** What is given or set wrongly, and what is kept but cannot be opened, is for the person to set right. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof HostError || error instanceof ServerError) return exitCodes.usage;
  if (error instanceof RuntimeError) return error.code === "unreachable" ? exitCodes.usage : exitCodes.failed;
  const isRunning = !(error instanceof ConversationError) || error.code === "not-saved" || error.code === "lost";
  return isRunning ? exitCodes.failed : exitCodes.usage;
}

async function invoke(invocation: Invocation, environment: Environment, notRead: AbortSignal): Promise<number> {
  const { stdout } = process;
  switch (invocation.type) {
    case "help":
      stdout.write(helpText);
      return exitCodes.finished;
    case "version":
      stdout.write(`${await version()}\n`);
      return exitCodes.finished;
    case "demo":
      return demo(invocation, { environment, notRead });
    case "run":
      return run(invocation.options, { environment, notRead });
    case "list":
    case "show":
    case "delete":
    case "restore":
      await keepHistory(invocation, environment);
      return exitCodes.finished;
    case "changes":
    case "apply":
    case "discard":
    case "sandbox.list":
    case "sandbox.prune":
      return keepSandboxes(invocation, environment, notRead);
  }
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(demoFolder, "..", "..", "package.json"), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}

async function keepSandboxes(asked: SandboxInvocation, environment: Environment, notRead: AbortSignal): Promise<number> {
  const { stdout, stderr } = process;
  const say = (sentence: string): void => void stderr.write(`${safe(sentence)}\n`);
  const signal = AbortSignal.any([stopWhenLeft(say), notRead]);
  const store = new ConversationStore(conversationsFolder(environment));
  await using sandboxes = lazySandboxes(environment, logOf(environment), { sweeps: false });
  const desk = { store, sandboxes: () => sandboxes.open(), stdout, paint: painter(stdout, environment), say, signal };
  try {
    if (asked.type === "sandbox.list") return await listSandboxes(asked, desk);
    return await (asked.type === "sandbox.prune" ? pruneSandboxes(asked, desk) : reviewChanges(asked, desk));
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  }
}

async function keepHistory(asked: HistoryInvocation, environment: Environment): Promise<void> {
  const { stdout, stderr } = process;
  const say = (sentence: string): void => void stderr.write(`${safe(sentence)}\n`);
  const store = new ConversationStore(conversationsFolder(environment));
  const server = "server" in asked ? asked.server : undefined;
  await using host = server ? await openServer(server, { environment, apiKey: undefined, say }) : undefined;
  const paint = painter(stdout, environment);
  switch (asked.type) {
    case "list":
      return await listConversations(host ?? store, { ...asked, stdout, paint, now: new Date() });
    case "show": {
      const { id, json, verbose } = asked;
      const detail = verbose ? "all" : "steps";
      // What went wrong in it is a part of it here, and no error of this program.
      const output = json ? jsonOutput(stdout, stderr) : humanOutput({ stdout, stderr: stdout, detail, environment });
      const shown = { id, output, heading: (row: ListedConversation) => void (json || stdout.write(paint("dim", headingText(row)))) };
      return await (host ? showOnServer(host, shown) : showConversation(store, shown));
    }
    case "delete":
      return say(await (host ? deleteOnServer(host, asked.id) : deleteConversation(store, asked.id)));
    case "restore":
      return say(await restoreConversation(store, asked.id));
  }
}
