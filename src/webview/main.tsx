import "./jitless.ts";
import "@vscode/codicons/dist/codicon.css";
import "./style/frame.css";
import "./style/log.css";
import "./style/evidence.css";
import "./style/endings.css";
import "./style/footer.css";
import "./style/pinned.css";
import "./style/composer.css";
import { computed, effect } from "@preact/signals";
import { render } from "preact";
import type { ChatRequest } from "../protocol/chat.ts";
import type { View } from "../protocol/view.ts";
import { App } from "./app.tsx";
import { Chat } from "./chat.ts";
import { createClock } from "./clock.ts";
import { handleViewKey, toNextPart } from "./keys.ts";
import { Silence } from "./silence.ts";
import { type HostChannel, openHostChannel } from "./vscodeApi.ts";

const hiddenFrameMs = 250;

function start(root: Element): void {
  const channel = openHostChannel();
  const silence = new Silence(channel, () => whatIsTrue(chat));
  const host: HostChannel = {
    ...channel,
    post: (request) => {
      channel.post(request);
      silence.asked(request);
    },
  };
  const chat: Chat = new Chat(host, oncePerFrame());
  const now = createClock(
    computed(() => isTimed(chat.view.value)),
    computed(() => chat.session.value?.timezoneOffset),
  );
  keepState(host, chat);
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin !== window.origin) return;
    silence.heard();
    chat.receive(event.data);
  });
  effect(() => {
    if (chat.moves.value?.to === "nextPart") toNextPart();
  });
  document.addEventListener("keydown", (event) => {
    handleViewKey(chat, event);
  });
  window.addEventListener("focus", () => channel.post({ type: "chat.focused" }));
  render(<App surroundings={{ chat, now, isSilent: silence.isSilent }} />, root);
  host.post({ type: "chat.ready", conversationId: null, afterSeq: -1 });
}

/** Whether seconds are counted somewhere. */
function isTimed({ state, phase }: View): boolean {
  return state.execution_status === "running" || state.execution_status === "waiting_for_confirmation" || phase !== undefined;
}

function whatIsTrue(chat: Chat): ChatRequest {
  return { type: "chat.ready", conversationId: chat.conversationId.peek(), afterSeq: chat.view.peek().lastSeq };
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
