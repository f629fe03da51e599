import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Secrets } from "../../../src/agent/secrets.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { bash, call, playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, startOf, tempFolder } from "../../support/workspaces.ts";

const token = "s3cr=t/$Value&1";
const key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nxyz\n-----END KEY-----";

function secrets(values: Record<string, string>): Secrets {
  const made = new Secrets();
  made.set(values);
  return made;
}

describe("secrets", () => {
  it("are hidden as they are, in base64, hex, URL and JSON form, and line by line", () => {
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

  it("are given to a command that names them, in any case", () => {
    const all = secrets({ API_TOKEN: token, OTHER: "another" });
    assert.deepEqual(all.namedIn('curl -H "$api_token" x'), { API_TOKEN: token });
  });

  it("reach the command and nothing else: no event, log, notification or request holds one", async () => {
    await using folder = await tempFolder();
    const command = 'printf "%s\\n" "$TOKEN"; printf %s "$TOKEN" | base64; printf "%s|%s" "${#TOKEN}" "${KEY##*-}"';
    const llm = playedLlm([call(bash(command)), call(bash(`echo '${token}'`)), say(`It is ${token}.`)]);
    const start = startOf({ working_dir: folder.path });
    await using host = await openTestHost({
      llm,
      host: { openRuntime: (workingDir) => openMachineRuntime({ workingDir, wall: "test" }) },
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

  it("are refused when they are too short to be hidden", async () => {
    await using host = await openTestHost();
    const set = host.host.handle({ type: "secrets.set", conversationId: host.id, secrets: { TOKEN: token, PIN: "123" } });
    await assert.rejects(set, /The secret PIN has fewer than 4 characters.*Nothing was set\./);
    assert.ok(!JSON.stringify(host.events()).includes("secret_registry"));
  });
});
