import type { Memento, Uri } from "vscode";
import type { Log } from "../../protocol/log.ts";
import type { Files } from "../../runtime/runtime.ts";
import type { Activities } from "../activity/activities.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";
import type { Edits } from "../edits/edits.ts";
import type { Highlighter } from "../highlighter/highlighter.ts";
import type { Models } from "../models.ts";
import type { Reviews } from "../sandboxes/reviews.ts";
import type { Servers } from "../servers/servers.ts";
import type { WindowHost } from "../servers/switchedHost.ts";
import type { AgentTerminals } from "../terminals/agentTerminals.ts";
import type { Workspace } from "../workspace.ts";
import type { Drafts } from "./drafts.ts";
import type { FileFinder } from "./fileFinder.ts";

/** What every chat of the window works with. */
export interface ChatParts {
  readonly extensionUri: Uri;
  readonly memento: Memento;
  readonly host: WindowHost;
  readonly servers: Servers;
  readonly models: Models;
  readonly workspace: Workspace;
  readonly terminals: AgentTerminals;
  readonly sandboxes: DockerRuntimes;
  readonly reviews: Reviews;
  readonly activities: Activities;
  readonly edits: Edits;
  readonly drafts: Drafts;
  readonly finder: FileFinder;
  readonly highlighter: Highlighter;
  /** As the agent's edits see and write them. */
  readonly files: Files;
  readonly log: Log;
}
