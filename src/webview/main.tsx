import "./jitless.ts";
import "@vscode/codicons/dist/codicon.css";
import "./style/frame.css";
import "./style/log.css";
import "./style/evidence.css";
import "./style/footer.css";
import { computed, effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { Chat } from "./chat.ts";
import { createClock } from "./clock.ts";
import { handleViewKey, toNextPart } from "./keys.ts";
import { type HostChannel, openHostChannel } from "./vscodeApi.ts";

const hiddenFrameMs = 250;

function start(root: Element): void {
  const host = openHostChannel();
  const chat = new Chat(host, oncePerFrame());
  const isRunning = computed(() => chat.view.value.state.execution_status === "running");
  const now = createClock(
    isRunning,
    computed(() => chat.session.value?.timezoneOffset),
  );
  keepState(host, chat);
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin === window.origin) chat.receive(event.data);
  });
  effect(() => {
    if (chat.moves.value?.to === "nextPart") toNextPart();
  });
  document.addEventListener("keydown", (event) => {
    handleViewKey(chat, event);
  });
  render(<App surroundings={{ chat, now }} />, root);
  host.post({ type: "chat.ready", conversationId: null, afterSeq: -1 });
}

/** Because a killed view comes back with what it saved, and with nothing else. */
function keepState(host: HostChannel, chat: Chat): void {
  effect(() => {
    const state = { draft: chat.draft.value, stick: chat.stick.value, anchor: chat.anchor.value };
    const session = chat.session.value;
    if (session !== undefined) host.save({ ...state, conversationId: session.conversationId });
  });
}

function oncePerFrame(): (work: () => void) => void {
  let isPlanned = false;
  return (work) => {
    if (isPlanned) return;
    isPlanned = true;
    const draw = (): void => {
      if (!isPlanned) return;
      isPlanned = false;
      work();
    };
    requestAnimationFrame(draw);
    // Because a view that nobody sees has no frames, and must not hoard what comes.
    setTimeout(draw, hiddenFrameMs);
  };
}

const root = document.querySelector("#root");
if (root !== null) start(root);
