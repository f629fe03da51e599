/** What a front matter can hold here; what is written in another way is left out. */
export type FrontMatterValue = string | readonly FrontMatterValue[] | { readonly [key: string]: FrontMatterValue };

export interface FrontMatter {
  readonly fields: ReadonlyMap<string, FrontMatterValue>;
  /** What stands below it. */
  readonly body: string;
}

const longestHead = 16_000;

/**
 * The fields between two lines `---` at the top of a Markdown file, and the rest.
 *
 * Of YAML it knows what skills are written in: texts (plain, quoted, `|` and `>`), lists, and lists of small maps. There are no anchors, tags or
 * references, so that its work is its length; what it does not know stays a text, or is left out, and nothing throws.
 */
export function readFrontMatter(text: string): FrontMatter {
  const lines = text
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n")
    .split("\n");
  const end = lines[0]?.trimEnd() === "---" ? lines.findIndex((line, index) => index > 0 && /^(---|\.\.\.)\s*$/.test(line)) : -1;
  const head = lines.slice(1, end);
  if (end === -1 || head.join("\n").length > longestHead) return { fields: new Map(), body: lines.join("\n") };
  return {
    fields: mapOf(head),
    body: lines
      .slice(end + 1)
      .join("\n")
      .trim(),
  };
}

const field = /^(?<key>[A-Za-z_][\w-]*|"[^"]*"|'[^']*')\s*:(?:\s+(?<value>.*))?$/;

/** The fields of lines that are all at the same depth, with what is below each. */
function mapOf(lines: readonly string[]): Map<string, FrontMatterValue> {
  const map = new Map<string, FrontMatterValue>();
  const depth = depthOf(lines.find(isWritten) ?? "");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const found = depthOf(line) === depth ? field.exec(line.trim())?.groups : undefined;
    if (found === undefined) continue;
    const below = belowOf(lines, at, depth);
    map.set(textOf(found["key"] ?? ""), valueOf(withoutComment(found["value"] ?? ""), below));
    at += below.length;
  }
  return map;
}

/** The lines after `at` that belong to its field: deeper ones, empty ones, and the items of a list that is not indented. */
function belowOf(lines: readonly string[], at: number, depth: number): string[] {
  const rest = lines.slice(at + 1);
  const isMore = (line: string): boolean => !isWritten(line) || depthOf(line) > depth || (depthOf(line) === depth && isItem(line));
  const end = rest.findIndex((line) => !isMore(line));
  return end === -1 ? rest : rest.slice(0, end);
}

function valueOf(value: string, below: readonly string[]): FrontMatterValue {
  const block = /^(?<style>[|>])[+-]?\d*$/.exec(value)?.groups;
  if (block) return blockText(below, block["style"] === ">");
  const flow = [value, ...below.map((line) => line.trim())].join(" ").trim();
  if (/^\[.*\]$/.test(flow)) return flowList(flow);
  const written = below.filter((line) => isWritten(line) && !line.trim().startsWith("#"));
  const first = written[0];
  if (value === "" && first !== undefined) {
    if (isItem(first)) return listOf(written);
    if (field.test(first.trim())) return Object.fromEntries(mapOf(written));
  }
  return textOf([value, ...written.map((line) => line.trim())].join(" ").trim());
}

function listOf(lines: readonly string[]): FrontMatterValue[] {
  const depth = depthOf(lines[0] ?? "");
  const starts = lines.flatMap((line, index) => (depthOf(line) === depth && isItem(line) ? [index] : []));
  return starts.map((start, index) => {
    const item = lines.slice(start, starts[index + 1]);
    // The dash is a part of the depth.
    const whole = [(item[0] ?? "").replace(/-(\s|$)/, " $1"), ...item.slice(1)];
    const head = (whole[0] ?? "").trim();
    return field.test(head) && !/^["']/.test(head) ? Object.fromEntries(mapOf(whole)) : valueOf(withoutComment(head), whole.slice(1));
  });
}

/** `[a, "b, c", d]`. */
function flowList(text: string): string[] {
  const items = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^,"'\s][^,]*/g) ?? [];
  return items.map((item) => textOf(item.trim())).filter((item) => item !== "");
}

/** `isFolded`: lines become one, and empty ones stay. */
function blockText(lines: readonly string[], isFolded: boolean): string {
  const depth = depthOf(lines.find(isWritten) ?? "");
  const plain = lines.map((line) => line.slice(Math.min(depth, depthOf(line))));
  const text = plain.join("\n").trim();
  return isFolded ? text.replace(/(?<!\n)\n(?!\n)/g, " ").replace(/\n\n/g, "\n") : text;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", '"': '"', "\\": "\\", "/": "/" };

function textOf(text: string): string {
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) return text.slice(1, -1).replace(/\\(.)/g, (whole, letter: string) => escapes[letter] ?? whole);
  if (/^'(?:[^']|'')*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  return text === "~" || text === "null" ? "" : text;
}

function withoutComment(value: string): string {
  if (/^["'[]/.test(value)) return value.replace(/(?<=["'\]])\s+#[^"'\]]*$/, "").trim();
  return value.replace(/(^|\s)#.*$/, "").trim();
}

const isWritten = (line: string): boolean => line.trim() !== "";
const isItem = (line: string): boolean => /^\s*-(\s|$)/.test(line);
const depthOf = (line: string): number => line.length - line.trimStart().length;
