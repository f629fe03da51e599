import assert from "node:assert/strict";
import { displayAction, relativePath } from "../../../src/protocol/display.ts";
import { confirmPolicies } from "../../../src/protocol/settings.ts";
import { initialView, reduceView } from "../../../src/protocol/view.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { call, edit, playedLlm, say } from "../../support/scripts.ts";
import { newId, openTestHost, startOf } from "../../support/workspaces.ts";

const folders = ["/work/app", "/work/lib"];

describe("a workspace of several folders", () => {
  it("is kept in the log, told to the model, and may be edited in all of them; paths are shown with their folder", async () => {
    const create = (path: string) => call(edit("create", path, { file_text: "x" }));
    const llm = playedLlm([create("/work/lib/a.ts"), create("/work/app/b.ts"), create("/work/other/c.ts"), say("Done.")]);
    await using host = await openTestHost({ llm, host: { openRuntime: async (needs) => openMemoryRuntime(needs) } });
    const id = newId();
    const start = startOf({ id, working_dir: "/work/app", folders, confirmation_policy: confirmPolicies.risky });
    await host.host.handle({ type: "conversation.create", start });
    let view = initialView;
    using _listening = await host.host.subscribe(id, -1, (notification) => {
      view = reduceView(view, notification);
    });
    await host.host.handle({ type: "message.send", conversationId: id, text: "Go." });
    await host.host.settled(id);
    assert.deepEqual([view.state.working_dir, view.state.folders], ["/work/app", folders]);
    assert.match(
      JSON.stringify(llm.requests[0]?.messages[0]),
      /The workspace is \/work\/app \(memory\)\. Its other folders are \/work\/lib\./,
    );
    const shown = view.rows.flatMap((row) => (row.type === "action" ? [displayAction(row, view.state.folders ?? "").target] : []));
    assert.deepEqual(shown, ["lib/a.ts", "app/b.ts", "/work/other/c.ts"]);
    assert.equal(view.state.execution_status, "waiting_for_confirmation", "the last one is outside");
  });

  it("shows a folder by its last name, and by more of its names where two are alike", () => {
    const path = (file: string, all: string | readonly string[]): string => relativePath(file, all);
    assert.deepEqual(
      [
        path("/work/app/a", "/work/app"),
        path("/work/app", ["/work/app"]),
        path("/work/app/a", ["/work/app"]),
        path("/work/app/a", folders),
        path("/work/lib", folders),
        path("/one/app/a", ["/one/app", "/two/app", "/two/lib"]),
        path("/two/lib/a", ["/one/app", "/two/app", "/two/lib"]),
        path("/work/app/in/a", ["/work/app", "/work/app/in"]),
        path("/work/apple", folders),
        path("/a", ["/a", "/b/a"]),
      ],
      ["a", ".", "a", "app/a", "lib", "one/app/a", "lib/a", "in/a", "/work/apple", "/a"],
    );
  });
});
