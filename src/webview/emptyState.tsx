import type { ComponentChildren, JSX } from "preact";
import type { ChatSession, DoorCommand } from "../protocol/chat.ts";
import { Button } from "./button.tsx";
import { useChat } from "./context.ts";

/** What the person can do before there is a conversation; always one way on. */
export function EmptyState({ session }: { readonly session: ChatSession }): JSX.Element {
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
      return (
        <Welcome title="Choose a model" text="The agent needs a model to think with. There are three ways in.">
          <Door label="Set API Key" command="setApiKey" kind="primary" />
          <Door label="Select Model" command="selectModel" />
          <Door label="Use the Demo Model" command="useDemoModel" />
        </Welcome>
      );
    case "ready":
      return session.isDemo ? <DemoStart session={session} /> : <Start session={session} />;
  }
}

/** The way on, for a conversation that can be read but not continued. */
export function ReadinessNote({ session }: { readonly session: ChatSession }): JSX.Element | null {
  switch (session.readiness) {
    case "ready":
      return null;
    case "no-folder":
      return (
        <Note text="No folder is open; the agent cannot go on.">
          <Door label="Open Folder" command="openFolder" />
        </Note>
      );
    case "untrusted":
      return (
        <Note text="This folder is not trusted; nothing runs here.">
          <Door label="Manage Workspace Trust" command="manageTrust" />
        </Note>
      );
    case "no-model":
      return (
        <Note text="No model is set up.">
          <Door label="Select Model" command="selectModel" />
        </Note>
      );
  }
}

function Start({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  return (
    <Welcome title="What should change?" text="The agent works in this folder and shows every step. Some tasks to start with:">
      {session.sampleTasks.map((task) => (
        <Task key={task} text={task} title="Put into the composer" onClick={() => chat.compose(task)} />
      ))}
    </Welcome>
  );
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

function Note({ text, children }: { readonly text: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="note" role="group" aria-label={text}>
      <span>{text}</span>
      {children}
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

function Door({
  label,
  command,
  kind = "secondary",
}: {
  readonly label: string;
  readonly command: DoorCommand;
  readonly kind?: "primary" | "secondary";
}): JSX.Element {
  const chat = useChat();
  return <Button kind={kind} label={label} onClick={() => chat.post({ type: "door", command })} />;
}
