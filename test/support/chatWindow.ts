// A window of VS Code with the extension, the sample folder and a scripted model behind the real wire.

import { ChatDriver, demoWorkspace } from "./chatDriver.ts";
import { root } from "./checkout.ts";
import { type FakeAnswer, type FakeLlm, startFakeLlm } from "./fakeLlmServer.ts";
import type { Settings } from "./settings.ts";
import { startVscodeServer, type VscodeServer } from "./vscodeServer.ts";
import { openWindow, type Theme, type VscodeWindow } from "./vscodeWindow.ts";

export interface ChatWindowOptions {
  /** What the model answers, one after the other. */
  readonly answers: readonly FakeAnswer[];
  readonly settings?: Settings;
  readonly workspaceTrust?: "off" | "on";
  readonly theme?: Theme;
  /** As a person has it, who is notified; otherwise VS Code takes the window for an automated one and shows none. */
  readonly isNotified?: true;
  /** What the window opens instead of the sample folder, made in it. */
  readonly opens?: (folder: string) => Promise<string>;
  /** Folders of further extensions. */
  readonly moreExtensions?: readonly string[];
}

export interface ChatWindow extends AsyncDisposable {
  readonly window: VscodeWindow;
  readonly chat: ChatDriver;
  readonly llm: FakeLlm;
  readonly folder: string;
  readonly server: VscodeServer;
}

/** With the chat view open where the folder is trusted. All of it, the folder too, is gone when disposed. */
export async function openChatWindow({
  answers,
  settings,
  workspaceTrust = "off",
  theme = "dark",
  isNotified,
  opens = async (folder) => folder,
  moreExtensions = [],
}: ChatWindowOptions): Promise<ChatWindow> {
  await using stack = new AsyncDisposableStack();
  const { folder } = stack.use(await demoWorkspace());
  const llm = stack.use(await startFakeLlm(answers));
  const env = { LLM_MODEL: "fake-model", LLM_BASE_URL: llm.url, LLM_API_KEY: "test-key" };
  const server = stack.use(
    await startVscodeServer({
      env,
      workspaceTrust,
      settings: settings ?? {},
      moreExtensions,
      ...(isNotified && { unpackedExtension: root }),
    }),
  );
  const opened = await opens(folder);
  const window = stack.use(
    await openWindow({ server, folder: opened, theme, settings: settings ?? {}, ...(isNotified ? {} : { extensionPath: root }) }),
  );
  const chat = new ChatDriver(window);
  if (workspaceTrust === "off") await chat.open();
  const owned = stack.move();
  return { window, chat, llm, folder, server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
