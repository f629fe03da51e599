/** `text`, or its head and tail with a notice between them; the result has about `maxCharacters`. Cuts at line ends when one is near. */
export function truncateMiddle(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const half = Math.floor(maxCharacters / 2);
  const head = cutHead(text, half);
  const tail = cutTail(text, half);
  return `${head}\n[… ${text.length - head.length - tail.length} characters left out …]\n${tail}`;
}

const near = 200;

function cutHead(text: string, length: number): string {
  const end = text.lastIndexOf("\n", length);
  return text.slice(0, end > length - near ? end : length).replace(/[\uD800-\uDBFF]$/, "");
}

function cutTail(text: string, length: number): string {
  const from = text.length - length;
  const start = text.indexOf("\n", from);
  return text.slice(start !== -1 && start < from + near ? start + 1 : from).replace(/^[\uDC00-\uDFFF]/, "");
}
