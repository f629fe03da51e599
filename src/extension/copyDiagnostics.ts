import { open, readdir, stat } from "node:fs/promises";
import { arch, homedir, platform, release } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import type { AgentHost } from "../host/agentHost.ts";
import { type ApiKeys, endpointHost } from "./apiKeys.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { endpointsOf } from "./modelChoice.ts";
import type { Models } from "./models.ts";

export interface DiagnosticParts {
  readonly models: Models;
  readonly keys: ApiKeys;
  readonly host: AgentHost;
  readonly context: vscode.ExtensionContext;
}

const endOfLogBytes = 64_000;

/** Puts a report about this window onto the clipboard, for an issue. It holds no key, no task and no path. */
export async function copyDiagnostics({ models, keys, host, context }: DiagnosticParts): Promise<void> {
  const { settings, choice } = models;
  const endpoints = [undefined, ...endpointsOf(choice, settings.profiles)];
  const states = await Promise.all(endpoints.map(async (url) => [endpointHost(url), await models.keyState(url)] as const));
  const values = await Promise.all(endpoints.map((url) => keys.get(url)));
  const report = diagnosticsOf({
    about: aboutThis(context),
    settings,
    choice,
    keyStates: Object.fromEntries(states),
    conversations: await host.list(),
    log: await endOfLog(context.logUri.fsPath),
    secrets: values.filter((value) => value !== undefined),
    folders: [...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath), homedir()],
  });
  await vscode.env.clipboard.writeText(report);
  const answer = await vscode.window.showInformationMessage("The diagnostics are on the clipboard. Keys are masked.", "Show");
  if (answer) await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "markdown", content: report }));
}

const Version = z.object({ version: z.string() });

function aboutThis({ extension }: vscode.ExtensionContext): Record<string, string> {
  const { remoteName, uiKind, appHost } = vscode.env;
  const folders = vscode.workspace.workspaceFolders ?? [];
  return {
    OpenHands: Version.safeParse(extension.packageJSON).data?.version ?? "unknown",
    [vscode.env.appName]: vscode.version,
    Node: process.versions.node,
    system: `${platform()} ${release()} ${arch()}`,
    window: `${uiKind === vscode.UIKind.Web ? "browser" : "desktop"}, ${appHost}, remote: ${remoteName ?? "none"}`,
    folders: `${folders.length}${vscode.workspace.isTrusted ? "" : ", not trusted"}, ${[...new Set(folders.map(({ uri }) => uri.scheme))].join(", ")}`,
  };
}

/** The end of the newest log of the extension. */
async function endOfLog(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const logs = names.filter((name) => name.endsWith(".log")).map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs }));
  const [newest] = (await Promise.all(logs)).toSorted((a, b) => b.at - a.at);
  if (newest === undefined) return "The log is empty.";
  await using file = await open(join(folder, newest.name));
  const { size } = await file.stat();
  const position = Math.max(0, size - endOfLogBytes);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(endOfLogBytes), position });
  const text = buffer.toString("utf8", 0, bytesRead);
  // Because half a key would not be known as one.
  return position === 0 ? text : text.slice(text.indexOf("\n") + 1);
}
