/** JSON as VS Code's own files have it: with comments and commas at the end. Throws a SyntaxError for what is not. */
export function parseJsonc(text: string): unknown {
  return JSON.parse(
    text
      .replace(/^\uFEFF/, "")
      .replaceAll(stringOrComment, (match) => (match.startsWith('"') ? match : " "))
      .replaceAll(stringOrComma, (match) => (match.startsWith('"') ? match : "")),
  );
}

const stringOrComment = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const stringOrComma = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g;
