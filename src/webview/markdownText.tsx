import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { useChat } from "./context.ts";
import { createMarkdownRenderer } from "./markdown.ts";

/** The agent's words. While they grow, only the blocks that changed are drawn again. */
export function MarkdownText({ text }: { readonly text: string }): JSX.Element {
  const chat = useChat();
  const root = useRef<HTMLDivElement>(null);
  const render = useMemo(createMarkdownRenderer, []);
  useLayoutEffect(() => {
    if (root.current !== null) replaceChanged(root.current, render(text));
  }, [text]);
  const activate = (event: Event): void => {
    if (!(event.target instanceof Element)) return;
    const address = event.target.closest<HTMLElement>("[data-address]")?.dataset["address"];
    if (address !== undefined) chat.post({ type: "link.open", url: address });
    const button = event.target.closest("button.copy");
    if (button !== null) copy(button);
  };
  return (
    <div
      class="markdown"
      ref={root}
      onClick={activate}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.dataset["address"] !== undefined) activate(event);
      }}
    />
  );
}

function replaceChanged(root: HTMLElement, fragment: DocumentFragment): void {
  const fresh = [...fragment.childNodes];
  const changed = fresh.findIndex((node, index) => !node.isEqualNode(root.childNodes[index] ?? null));
  const keep = changed === -1 ? fresh.length : changed;
  while (root.childNodes.length > keep) root.lastChild?.remove();
  root.append(...fresh.slice(keep));
}

function copy(button: Element): void {
  const code = button.parentElement?.querySelector("code")?.textContent ?? "";
  const icon = button.querySelector(".codicon");
  void navigator.clipboard.writeText(code).then(() => {
    icon?.classList.replace("codicon-copy", "codicon-check");
    setTimeout(() => icon?.classList.replace("codicon-check", "codicon-copy"), 1500);
  });
}
