import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Chat } from "./chat.ts";
import { colourBlocks } from "./codeBlocks.ts";
import { useChat } from "./context.ts";
import { linkFiles } from "./fileLinks.ts";
import { createMarkdownRenderer } from "./markdown.ts";
import { settledLength } from "./settledLength.ts";

const render = createMarkdownRenderer();

interface MarkdownTextProps {
  readonly text: string;
  /** More of it is coming: only its last block is parsed again, and code has its colours when it is whole. */
  readonly isGrowing?: boolean;
}

/** The agent's words. */
export function MarkdownText({ text, isGrowing = false }: MarkdownTextProps): JSX.Element {
  const chat = useChat();
  const root = useRef<HTMLDivElement>(null);
  const drawing = useMemo(() => new Drawing(chat), []);
  useLayoutEffect(() => {
    if (root.current !== null) drawing.draw(root.current, text, isGrowing);
  }, [text, isGrowing]);
  const themeChanges = chat.colours.themeChanges.value;
  useEffect(() => {
    if (themeChanges > 0 && root.current !== null) colourBlocks(root.current, chat.colours);
  }, [themeChanges]);
  const activate = (event: Event): void => {
    if (event.target instanceof Element) use(chat, event.target);
  };
  return (
    <div
      class="markdown"
      ref={root}
      onClick={activate}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.getAttribute("role") === "link") activate(event);
      }}
    />
  );
}

/** The blocks of a text that may grow: those that stay what they are, and the last one. */
class Drawing {
  readonly #chat: Chat;
  #text = "";
  #settled = 0;
  /** How many nodes are those of the settled blocks. */
  #settledNodes = 0;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  draw(root: HTMLElement, text: string, isGrowing: boolean): void {
    if (!text.startsWith(this.#text)) {
      root.replaceChildren();
      [this.#settled, this.#settledNodes] = [0, 0];
    }
    this.#text = text;
    const settled = isGrowing ? settledLength(text, this.#settled) : text.length;
    if (settled > this.#settled) {
      const fresh = this.#render(text.slice(this.#settled, settled));
      colourBlocks(fresh, this.#chat.colours);
      this.#settledNodes = replaceFrom(root, this.#settledNodes, fresh);
      this.#settled = settled;
    }
    if (isGrowing) replaceFrom(root, this.#settledNodes, this.#render(text.slice(settled)));
  }

  #render(text: string): DocumentFragment {
    const fragment = render(text);
    linkFiles(fragment, this.#chat.files.peek());
    return fragment;
  }
}

/** The nodes of `root` from the one at `from` on are those of `fragment`, the same ones where they were equal. Gives how many there are in all. */
function replaceFrom(root: HTMLElement, from: number, fragment: DocumentFragment): number {
  const fresh = [...fragment.childNodes];
  const changed = fresh.findIndex((node, index) => !node.isEqualNode(root.childNodes[from + index] ?? null));
  const keep = changed === -1 ? fresh.length : changed;
  while (root.childNodes.length > from + keep) root.lastChild?.remove();
  root.append(...fresh.slice(keep));
  return from + fresh.length;
}

function use(chat: Chat, target: Element): void {
  const { address } = target.closest<HTMLElement>("[data-address]")?.dataset ?? {};
  if (address !== undefined) chat.post({ type: "link.open", url: address });
  const { file, line } = target.closest<HTMLElement>("[data-file]")?.dataset ?? {};
  if (file !== undefined) chat.post({ type: "file.open", path: file, ...(line === undefined ? {} : { line: Number(line) }) });
  const button = target.closest("button.copy");
  if (button !== null) copy(button);
}

function copy(button: Element): void {
  const code = button.parentElement?.querySelector("code")?.textContent ?? "";
  const icon = button.querySelector(".codicon");
  void navigator.clipboard.writeText(code).then(() => {
    icon?.classList.replace("codicon-copy", "codicon-check");
    setTimeout(() => icon?.classList.replace("codicon-check", "codicon-copy"), 1500);
  });
}
