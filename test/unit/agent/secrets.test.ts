import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Secrets } from "../../../src/agent/secrets.ts";
import { otherAction } from "../../../src/protocol/actions.ts";
import { textOf } from "../../../src/protocol/content.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { bash, call, edit, playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, startOf, tempFolder } from "../../support/workspaces.ts";

const token = "s3cr=t/$Value&1";
const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nxyz\n-----END KEY-----";

function secrets(values: Record<string, string>): Secrets {
  const made = new Secrets();
  made.set(values);
  return made;
}

describe("secrets", () => {
  it("§10.56 are hidden as they are, in base64, hex, URL and JSON form, and line by line", () => {
    const { forms, masked } = (() => {
      const all = secrets({ TOKEN: token, KEY: key });
      const forms = [
        token,
        Buffer.from(token).toString("base64"),
        Buffer.from(token).toString("base64url"),
        Buffer.from(`user:${token}`).toString("base64").slice(7, -2),
        Buffer.from(token).toString("hex"),
        Buffer.from(token).toString("hex").toUpperCase(),
        encodeURIComponent(token),
        key,
        key.replaceAll("\n", "\r\n"),
        JSON.stringify(key).slice(1, -1),
        "MIIEvQIBADANBgkqhkiG9w0B",
      ];
      return { forms, masked: forms.map((form) => all.mask(`<${form}>`)) };
    })();
    assert.deepEqual(
      masked,
      forms.map(() => "<<secret-hidden>>"),
    );
  });

  it("are hidden in a stream wherever it is cut, and nothing else is held back for long", () => {
    const text = `before ${token} between ${token}${token} s3cr after s3c`;
    const whole = secrets({ TOKEN: token }).mask(text);
    for (let size = 1; size < text.length; size++) {
      const stream = secrets({ TOKEN: token }).stream();
      let shown = "";
      for (let at = 0; at < text.length; at += size) shown += stream.push(text.slice(at, at + size));
      assert.equal(shown + stream.end(), whole, `pieces of ${size}`);
    }
    const stream = secrets({ TOKEN: token }).stream();
    assert.equal(stream.push("Password: "), "Password: ");
  });

  it("§10.57 are given to a command that names them, in any case", () => {
    const all = secrets({ API_TOKEN: token, OTHER: "another" });
    assert.deepEqual(all.namedIn('curl -H "$api_token" x'), { API_TOKEN: token });
  });

  it("may have no name: they are hidden, and no command is given them", () => {
    const all = secrets({ API_TOKEN: "another one" });
    all.hide([token, "abc"]);
    assert.equal(all.mask(`${token} abc ${Buffer.from(token).toString("base64")}`), "<secret-hidden> abc <secret-hidden>");
    assert.deepEqual([all.names, all.namedIn(token)], [["API_TOKEN"], {}]);
  });

  it("are found in all arguments of a tool of somebody else's, whatever their names", () => {
    const all = secrets({ TOKEN: token });
    const args = [{ key: token }, { id: token }, { list: [{ name: token, kind: "x" }] }, { kind: token }];
    for (const data of args) {
      assert.ok(all.areIn(otherAction("MCPToolAction", { data })), JSON.stringify(data));
      const { kind: _, ...fields } = data;
      if (Object.keys(fields).length > 0) assert.ok(all.areIn(otherAction("ClientAction_show", fields)), JSON.stringify(fields));
    }
    assert.ok(!secrets({ TOKEN: "MCPToolAction" }).areIn(otherAction("MCPToolAction", { data: { key: "value" } })));
  });

  it("reach the command and nothing else: no event, log, notification or request holds one", async () => {
    await using folder = await tempFolder();
    const command = 'printf "%s\\n" "$TOKEN"; printf %s "$TOKEN" | base64; printf "%s|%s" "${#TOKEN}" "${KEY##*-}"';
    const llm = playedLlm([call(bash(command)), call(bash(`echo '${token}'`)), say(`It is ${token}.`)]);
    const start = startOf({ working_dir: folder.path });
    await using host = await openTestHost({
      llm,
      host: { openRuntime: ({ workingDir }) => openMachineRuntime({ workingDir, wall: "test" }) },
    });
    await host.host.handle({ type: "conversation.create", start });
    const heard: unknown[] = [];
    await host.host.subscribe(start.id, -1, (notification) => heard.push(notification));
    await host.host.handle({ type: "secrets.set", conversationId: start.id, secrets: { TOKEN: token, KEY: key } });
    await host.host.handle({ type: "message.send", conversationId: start.id, text: `Use ${token}.` });
    await host.host.settled(start.id);
    const log = await readFile(path.join(host.storeFolder, start.id, "events.jsonl"), "utf8");
    const everything = JSON.stringify([heard, llm.requests]) + log;
    for (const form of [token, JSON.stringify(token).slice(1, -1), Buffer.from(token).toString("base64").replace(/=+$/, ""), "MIIEvQIB"])
      assert.equal(everything.includes(form), false, form);
    assert.ok(new RegExp(`<secret-hidden>\\\\n<secret-hidden>.{0,4}\\\\n${token.length}\\|`).test(log), "the command had its secrets");
    assert.match(
      JSON.stringify(llm.requests[0]?.messages[0]),
      /These secrets are set as environment variables of a command that names them: TOKEN, KEY\./,
    );
  });

  it("are hidden in a title, too", async () => {
    await using host = await openTestHost();
    await host.host.handle({ type: "secrets.set", conversationId: host.id, secrets: { TOKEN: token } });
    await host.host.handle({ type: "conversation.rename", conversationId: host.id, title: `Why ${token} fails` });
    assert.deepEqual(
      host.events().flatMap((event) => (event.kind === "ConversationStateUpdateEvent" && event.key === "title" ? [event.value] : [])),
      ["Why <secret-hidden> fails"],
    );
  });

  it("are refused when they cannot be hidden or would change how commands run, and then none is set", async () => {
    await using host = await openTestHost();
    const wrong: readonly [Record<string, string>, RegExp][] = [
      [{ TOKEN: token, PIN: "123" }, /The secret PIN has fewer than 4 characters/],
      [{ BIG: "x0".repeat(10_000) }, /The secret BIG has more than 16384 characters/],
      [{ path: "/tmp/evil" }, /path is no name for a secret/],
      [{ LD_PRELOAD: "/tmp/evil.so" }, /LD_PRELOAD is no name for a secret/],
      [{ NUL: "ab\0cd" }, /The secret NUL holds a NUL character/],
    ];
    for (const [secrets, sentence] of wrong)
      await assert.rejects(host.host.handle({ type: "secrets.set", conversationId: host.id, secrets }), sentence);
    assert.ok(!JSON.stringify(host.events()).includes("secret_registry"));
  });

  it("may be words of the protocol, and change nothing but texts", async () => {
    const words = ["Event", "finished", "terminal", "text", "user", "agent", "call", "hidden", "command", "kind", "view", "TerminalAction"];
    const values = Object.fromEntries(words.map((word, index) => [`SECRET_${index}`, word.padEnd(4, "s")]));
    await using host = await openTestHost({
      llm: playedLlm([call(bash("ls")), call(edit("view", "/workspace")), say("The view is finished.")]),
    });
    await host.host.handle({ type: "secrets.set", conversationId: host.id, secrets: values });
    await host.send("Tell the user.");
    await host.untilStatus("finished");
    const kinds = host.events().flatMap(({ kind }) => (kind === "ConversationStateUpdateEvent" ? [] : [kind]));
    assert.deepEqual(kinds, [
      "MessageEvent",
      "SystemPromptEvent",
      "ActionEvent",
      "ObservationEvent",
      "ActionEvent",
      "ObservationEvent",
      "MessageEvent",
    ]);
    const said = host.events().flatMap((event) => (event.kind === "MessageEvent" ? [textOf(event.llm_message.content)] : []));
    assert.deepEqual(said, ["Tell the <secret-hidden>.", "The <secret-hidden> is <secret-hidden>."]);
  });

  it("are never run as their mask: a call that holds one is refused", async () => {
    const ran: string[] = [];
    const commands = (command: string) => {
      ran.push(command);
      return { output: "", exitCode: 0 };
    };
    const llm = playedLlm([
      call(bash(`mkdir ${token}`)),
      call(edit("create", "/workspace/a", { file_text: `key = "${token}"` })),
      say("I see."),
    ]);
    await using host = await openTestHost({ llm, commands });
    await host.host.handle({ type: "secrets.set", conversationId: host.id, secrets: { TOKEN: token } });
    await host.send("Go.");
    await host.untilStatus("finished");
    const errors = host.events().flatMap((event) => (event.kind === "AgentErrorEvent" ? [event.error] : []));
    assert.deepEqual(ran, []);
    assert.equal(errors.length, 2);
    assert.match(errors[0] ?? "", /holds the value of a secret.*did not run\. Use the secret's name/);
    assert.ok(!JSON.stringify([host.heard, llm.requests]).includes(token));
  });

  it("are hidden once, also when the mask itself holds one", () => {
    const all = secrets({ WORD: "secret", OTHER: "hidden" });
    assert.equal(all.mask(all.mask("a secret, hidden")), "a <secret-hidden>, <secret-hidden>");
  });
});
