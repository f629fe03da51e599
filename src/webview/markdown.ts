import DOMPurify from "dompurify";
import MarkdownIt from "markdown-it";
import { visibleText } from "../protocol/visibleText.ts";

/** Above this the text is shown as it is: parsing must not hold up the view. */
const maxCharacters = 100_000;
const maxLanguageCharacters = 100;
const maxImageCharacters = 2_800_000;
const pictures = /^data:image\/(?:png|jpeg|gif|webp);base64,/i;
const webAddress = /^https?:\/\//i;

const allowed = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s"],
    ...["a", "img", "table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "src", "alt", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
  RETURN_DOM_FRAGMENT: true as const,
};

/** Turns the agent's Markdown into nodes that can neither load, run, nor go anywhere by themselves. */
export type MarkdownRenderer = (markdown: string) => DocumentFragment;

export function createMarkdownRenderer(): MarkdownRenderer {
  const parser = new MarkdownIt({ html: false, linkify: true });
  parser.validateLink = (url) => webAddress.test(url) || (pictures.test(url) && url.length <= maxImageCharacters);
  for (const rule of ["fence", "code_block", "code_inline"]) {
    const draw = parser.renderer.rules[rule];
    if (draw === undefined) continue;
    parser.renderer.rules[rule] = (tokens, index, ...rest) => {
      const token = tokens[index];
      if (token !== undefined) token.content = visibleText(token.content);
      return draw(tokens, index, ...rest);
    };
  }
  return (markdown) => {
    if (markdown.length > maxCharacters) return plain(markdown);
    const environment = {};
    const tokens = parser.parse(markdown, environment);
    const languages = tokens.filter(({ type }) => type === "fence" || type === "code_block").map(({ info }) => languageOf(info));
    return tamed(DOMPurify.sanitize(parser.renderer.render(tokens, parser.options, environment), allowed), languages);
  };
}

/** The first word behind a fence. */
function languageOf(info: string): string {
  return info.trim().split(/\s/)[0]?.slice(0, maxLanguageCharacters) ?? "";
}

function plain(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const block = document.createElement("p");
  block.className = "plain-text";
  block.textContent = text;
  fragment.append(block);
  return fragment;
}

/** Links lose their address, so that only a click, and only ours, can use it; remote pictures become links. */
function tamed(fragment: DocumentFragment, languages: readonly string[]): DocumentFragment {
  for (const image of fragment.querySelectorAll("img")) {
    const address = image.getAttribute("src") ?? "";
    if (!pictures.test(address)) image.replaceWith(link(address, image.alt === "" ? address : image.alt));
  }
  for (const anchor of fragment.querySelectorAll("a[href]"))
    anchor.replaceWith(link(anchor.getAttribute("href") ?? "", ...anchor.childNodes));
  for (const heading of fragment.querySelectorAll("h1, h2, h3, h4, h5, h6")) demote(heading);
  [...fragment.querySelectorAll("pre")].forEach((block, index) => frameCode(block, languages[index] ?? ""));
  for (const table of fragment.querySelectorAll("table")) scrollable(table);
  return fragment;
}

function link(address: string, ...content: readonly (string | Node)[]): HTMLElement {
  const element = document.createElement("span");
  element.append(...content);
  if (!webAddress.test(address)) return element;
  element.className = "link";
  element.setAttribute("role", "link");
  element.tabIndex = 0;
  element.title = address;
  element.dataset["address"] = address;
  return element;
}

/** Because the view's own headings are the landmarks to jump by. */
function demote(heading: Element): void {
  const level = Math.min(6, Number(heading.tagName.slice(1)) + 3);
  const lower = document.createElement(`h${level}`);
  lower.append(...heading.childNodes);
  heading.replaceWith(lower);
}

function frameCode(block: Element, language: string): void {
  const frame = document.createElement("div");
  frame.className = "code-block";
  if (language !== "") frame.dataset["language"] = language;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button copy";
  button.title = "Copy";
  button.setAttribute("aria-label", "Copy code");
  const icon = document.createElement("span");
  icon.className = "codicon codicon-copy";
  icon.setAttribute("aria-hidden", "true");
  button.append(icon);
  block.replaceWith(frame);
  block.setAttribute("tabindex", "0");
  frame.append(block, button);
}

function scrollable(table: Element): void {
  const frame = document.createElement("div");
  frame.className = "table-frame";
  frame.tabIndex = 0;
  table.replaceWith(frame);
  frame.append(table);
}
