import type { CodeToken } from "../protocol/chat.ts";
import type { CodeColours, ColouredLines } from "./codeColours.ts";

/** Colours the blocks of code in `root` whose language is known, as soon as their colours are there. */
export function colourBlocks(root: ParentNode, colours: CodeColours): void {
  for (const block of root.querySelectorAll<HTMLElement>(".code-block[data-language]")) {
    const code = block.querySelector("code");
    const text = code?.textContent ?? "";
    if (code === null || text === "") continue;
    void colours.of(block.dataset["language"] ?? "", text).then((lines) => {
      if (lines !== undefined && code.textContent === text) colour(code, lines, text);
    });
  }
}

/** The text stays what it is, whatever the colours are said to be. */
function colour(code: Element, lines: ColouredLines, text: string): void {
  const fragment = document.createDocumentFragment();
  lines.forEach((tokens, index) => {
    if (index > 0) fragment.append("\n");
    for (const token of tokens) fragment.append(piece(token));
  });
  if (text.endsWith("\n") && !(fragment.textContent ?? "").endsWith("\n")) fragment.append("\n");
  if (fragment.textContent === text) code.replaceChildren(fragment);
}

/** Because the page's policy forbids style attributes, but not what a script sets. */
function piece([text, colour, style]: CodeToken): Node {
  if (colour === "" && style === 0) return document.createTextNode(text);
  const element = document.createElement("span");
  element.textContent = text;
  element.style.color = colour;
  if ((style & 1) !== 0) element.style.fontWeight = "bold";
  if ((style & 2) !== 0) element.style.fontStyle = "italic";
  return element;
}
