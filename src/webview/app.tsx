import type { JSX } from "preact";
import type { ChatSession } from "../protocol/chat.ts";
import { Announcer } from "./announcer.tsx";
import { Approval } from "./approval.tsx";
import { Composer } from "./composer.tsx";
import { type Surroundings, SurroundingsContext, useChat } from "./context.ts";
import { ErrorBoundary } from "./errorBoundary.tsx";
import { Header } from "./header.tsx";
import { Log } from "./log.tsx";
import { Notes, SilenceNote } from "./notes.tsx";
import { Pinned } from "./pinned.tsx";
import { StatusLine } from "./statusLine.tsx";

/** The whole view. It stays empty until the extension has said what is true. */
export function App({ surroundings }: { readonly surroundings: Surroundings }): JSX.Element {
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <ErrorBoundary onReload={() => surroundings.chat.reload()}>
        <Frame />
      </ErrorBoundary>
    </SurroundingsContext.Provider>
  );
}

function Frame(): JSX.Element | null {
  const session = useChat().session.value;
  if (session === undefined) {
    return (
      <main class="crashed">
        <SilenceNote />
      </main>
    );
  }
  return (
    <div class="frame" data-conversation={session.conversationId ?? "new"}>
      <Header session={session} />
      <Log key={session.conversationId ?? "new"} session={session} />
      <Footer session={session} />
      <Announcer />
    </div>
  );
}

function Footer({ session }: { readonly session: ChatSession }): JSX.Element {
  const actions = useChat().toConfirm.value;
  return (
    <footer class="footer">
      {actions.length > 0 && <Approval key={actions.map((action) => action.id).join(" ")} actions={actions} />}
      <Notes session={session} />
      <Pinned />
      <StatusLine />
      <Composer session={session} />
    </footer>
  );
}
