import assert from "node:assert/strict";
import * as vscode from "vscode";
import * as z from "zod";
import { Settings } from "../../src/protocol/settings.ts";

const Manifest = z.object({
  contributes: z.object({
    commands: z.array(z.object({ command: z.string() })),
    configuration: z.object({ properties: z.record(z.string(), z.object({ default: z.unknown(), scope: z.string() })) }),
  }),
  capabilities: z.object({ untrustedWorkspaces: z.object({ restrictedConfigurations: z.array(z.string()) }) }),
});

describe("package.json", () => {
  const manifest = (): z.infer<typeof Manifest> =>
    Manifest.parse(vscode.extensions.getExtension("openhands.openhands-vscode")?.packageJSON);

  it("offers exactly the commands that the extension registers", async () => {
    await vscode.extensions.getExtension("openhands.openhands-vscode")?.activate();
    const declared = manifest().contributes.commands.map(({ command }) => command);
    const registered = (await vscode.commands.getCommands(true)).filter((name) => /^openhands\.[a-zA-Z]+$/.test(name));
    assert.deepEqual(registered.toSorted(), declared.toSorted());
  });

  it("has every setting with the default that the code has, and no folder can set one", () => {
    const { contributes, capabilities } = manifest();
    const { properties } = contributes.configuration;
    const defaults = Object.fromEntries(Object.entries(Settings.parse({})).map(([name, value]) => [`openhands.${name}`, value]));
    assert.deepEqual(Object.fromEntries(Object.entries(properties).map(([name, setting]) => [name, setting.default])), defaults);
    assert.deepEqual(new Set(Object.values(properties).map((setting) => setting.scope)), new Set(["machine"]));
    assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations.toSorted(), Object.keys(properties).toSorted());
  });
});
