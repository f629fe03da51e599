import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import { doorCommands } from "../../src/extension/chat/doorCommands.ts";
import { ModelProfile, Settings } from "../../src/protocol/settings.ts";

const Setting = z.looseObject({ default: z.unknown(), scope: z.string(), order: z.number(), markdownDescription: z.string() });
type Setting = z.infer<typeof Setting>;

const Manifest = z.object({
  contributes: z.object({
    walkthroughs: z.array(
      z.object({ steps: z.array(z.object({ description: z.string(), media: z.object({ svg: z.string(), altText: z.string() }) })) }),
    ),
    commands: z.array(z.object({ command: z.string() })),
    keybindings: z.array(z.object({ command: z.string() })),
    configuration: z.array(z.object({ title: z.string(), properties: z.record(z.string(), Setting) })),
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

  it("has no key of VS Code that answers: it would do so while the person writes, or for another chat", () => {
    const bound = manifest().contributes.keybindings.map(({ command }) => command);
    assert.deepEqual(
      bound.filter((command) => ["openhands.allow", "openhands.reject"].includes(command)),
      [],
    );
  });

  it("has behind every button of the chat a command that is there", async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      Object.values(doorCommands).filter((command) => !registered.has(command)),
      [],
    );
  });

  it("has every setting with the default that the code has, in sections, and no folder can set one", () => {
    const { contributes, capabilities } = manifest();
    const properties = Object.assign({}, ...contributes.configuration.map((section) => section.properties)) as Record<string, Setting>;
    const defaults = Object.fromEntries(Object.entries(Settings.parse({})).map(([name, value]) => [`openhands.${name}`, value]));
    assert.deepEqual(Object.fromEntries(Object.entries(properties).map(([name, setting]) => [name, setting.default])), defaults);
    // What belongs to the machine stays on it; the others are the person's taste, the same wherever they work.
    const taste = ["openhands.showEdits", "openhands.notifications"];
    for (const [name, { scope }] of Object.entries(properties)) assert.equal(scope, taste.includes(name) ? "application" : "machine", name);
    assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations.toSorted(), Object.keys(properties).toSorted());
    for (const { properties } of contributes.configuration)
      assert.deepEqual(
        Object.values(properties).map(({ order }) => order),
        Object.keys(properties).map((_, index) => index + 1),
      );
  });

  it("allows in the settings editor what the code understands, and names what is there", () => {
    const { contributes } = manifest();
    const properties = Object.assign({}, ...contributes.configuration.map((section) => section.properties)) as Record<string, Setting>;
    const profile = z.object({ properties: z.looseObject({}) }).parse(properties["openhands.profiles"]?.["items"]).properties;
    assert.deepEqual(Object.keys(profile).toSorted(), Object.keys(ModelProfile.shape).toSorted());
    const mount = z.object({ properties: z.looseObject({}) }).parse(properties["openhands.sandbox.mounts"]?.["items"]).properties;
    const mounts = [{ source: "/cache", target: "/mnt", readOnly: true }];
    assert.deepEqual(Settings.parse({ "sandbox.mounts": mounts })["sandbox.mounts"], mounts);
    assert.deepEqual(Object.keys(mount).toSorted(), Object.keys(mounts[0] ?? {}).toSorted());
    for (const key of ["confirm", "showEdits", "runtime", "sandbox.network", "sandbox.workspace"] as const) {
      const schema = Settings.shape[key].unwrap().unwrap();
      const { enum: values, enumDescriptions } = properties[`openhands.${key}`] as { enum?: string[]; enumDescriptions?: string[] };
      assert.deepEqual([values, enumDescriptions?.length], [schema.options, schema.options.length]);
    }
    const commands = contributes.commands.map(({ command }) => command);
    for (const { description, media } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      for (const [, command = ""] of description.matchAll(/\(command:(openhands\.\w+)\)/g)) assert.ok(commands.includes(command), command);
      assert.ok(
        existsSync(path.join(vscode.extensions.getExtension("openhands.openhands-vscode")?.extensionPath ?? "", media.svg)),
        media.svg,
      );
    }
    for (const [name, { markdownDescription }] of Object.entries(properties)) {
      const linked = [...markdownDescription.matchAll(/\(command:([\w.]+)\)|`#([\w.]+)#`/g)].map(
        ([, command, setting]) => command ?? setting,
      );
      for (const one of linked) assert.ok(one && (commands.includes(one) || one in properties), `${name} links ${one}, which is not there`);
    }
  });
});
