import type { ComponentChildren, JSX } from "preact";
import type { ChatSession } from "../protocol/chat.ts";
import { useChat } from "./context.ts";
import { UserRow } from "./messageRows.tsx";
import { Door } from "./notes.tsx";

/** What the person can do before there is a conversation; always one way on. */
export function EmptyState({ session }: { readonly session: ChatSession }): JSX.Element {
  const { starting } = useChat();
  if (starting.value !== undefined) return <UserRow row={{ type: "user", id: "starting", ...starting.value }} isQueued={false} />;
  switch (session.readiness) {
    case "no-folder":
      return (
        <Welcome title="Open a folder to begin" text="The agent reads, edits and runs commands in the folder that is open here.">
          <Door label="Open Folder" command="openFolder" kind="primary" />
          <Door label="Open Demo Workspace" command="openDemoWorkspace" />
        </Welcome>
      );
    case "untrusted":
      return (
        <Welcome
          title="This folder is not trusted"
          text="The agent would run commands from this folder, so nothing runs here until you trust it. Past conversations can be read."
        >
          <Door label="Manage Workspace Trust" command="manageTrust" kind="primary" />
        </Welcome>
      );
    case "no-model":
      if (session.server !== undefined) return <ServerModel server={session.server} />;
      return (
        <Welcome title="Choose a model" text="The agent needs a model to think with. There are three ways in.">
          <Way text="OpenAI, or any endpoint that speaks its protocol.">
            <Door label="Set API Key" command="setApiKey" kind="primary" />
          </Way>
          <Way text="Models that VS Code offers, and Ollama or LM Studio on this machine.">
            <Door label="Select Model" command="selectModel" />
          </Way>
          <Way text="Recorded replies that need no key and cost nothing.">
            <Door label="Use the Demo Model" command="useDemoModel" />
          </Way>
        </Welcome>
      );
    case "ready":
      return session.isDemo ? <DemoStart session={session} /> : <Start session={session} />;
  }
}

function ServerModel({ server }: { readonly server: string }): JSX.Element {
  return (
    <Welcome
      title="Choose a model for the server"
      text={`${server} asks the model itself, so it needs one that it can reach. The demo and the models of VS Code work on this machine only.`}
    >
      <Door label="Select Model" command="selectModel" kind="primary" />
      <Door label="Set API Key" command="setApiKey" />
    </Welcome>
  );
}

function Start({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  return (
    <Welcome title="What should change?" text={`${whereOf(session)} and shows every step. ${toStartWith(session)}`}>
      {session.sampleTasks.map((task) => (
        <Task key={task} text={task} title="Put into the composer" onClick={() => chat.compose(task)} />
      ))}
    </Welcome>
  );
}

function whereOf({ server, workingDir }: ChatSession): string {
  return server === undefined ? "The agent works in this folder" : `The agent works on ${server}, in ${workingDir},`;
}

function toStartWith({ sampleTasks }: ChatSession): string {
  return sampleTasks.length === 1 ? "A task to start with:" : "Some tasks to start with:";
}

function DemoStart({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const [task] = session.sampleTasks;
  if (!session.isDemoWorkspace) {
    return (
      <Welcome
        title="The demo needs its own folder"
        text="The demo model plays recorded replies, and they fit only the files of the demo workspace."
      >
        <Door label="Open Demo Workspace" command="openDemoWorkspace" kind="primary" />
        <Door label="Select Model" command="selectModel" />
      </Welcome>
    );
  }
  return (
    <Welcome title="Try the demo" text="The model's replies are recorded; the commands, edits and tests are real and run in this folder.">
      {task !== undefined && <Task text={task} title="Start the demo" onClick={() => chat.send(task)} />}
    </Welcome>
  );
}

function Welcome({
  title,
  text,
  children,
}: {
  readonly title: string;
  readonly text: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="welcome" aria-label={title}>
      <h2>{title}</h2>
      <p>{text}</p>
      <div class="welcome-ways">{children}</div>
    </section>
  );
}

function Way({ text, children }: { readonly text: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="way">
      {children}
      <p>{text}</p>
    </div>
  );
}

function Task({ text, title, onClick }: { readonly text: string; readonly title: string; readonly onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="task" title={title} onClick={onClick}>
      {text}
    </button>
  );
}
