import type { JSX } from "preact";
import type { ChatSession } from "../protocol/chat.ts";
import type { View } from "../protocol/view.ts";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";

const titleLength = 100;

/** Which conversation this is, and where it acts. */
export function Header({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const title = titleOf(chat.view.value);
  return (
    <header class="header">
      <div class="title-line">
        <h1 title={title}>{title}</h1>
      </div>
      <div class="wall" title={session.wall}>
        <Icon name="vm" />
        <span class="wall-text">{session.wall}</span>
      </div>
      {session.isDemo && (
        <div class="wall demo">
          <Icon name="beaker" />
          <span class="wall-text">Demo · recorded replies, real tools</span>
        </div>
      )}
    </header>
  );
}

function titleOf(view: View): string {
  if (view.state.title !== undefined && view.state.title !== "") return view.state.title;
  const first = view.rows.find((row) => row.type === "user");
  if (first?.type !== "user") return "New conversation";
  const [line = ""] = first.text.trim().split("\n");
  return line.length > titleLength ? `${line.slice(0, titleLength).trimEnd()}…` : line;
}
