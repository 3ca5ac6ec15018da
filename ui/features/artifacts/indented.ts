const STEP = "  ";
const SPACE = /[ \t\r\n]/;

/**
 * JSON with each item on a line of its own. The text may end anywhere: what is there is laid out, and
 * the beginning stays the same when more of it comes. What is no JSON comes out in some order of lines.
 */
export function indented(json: string): string {
  const out: string[] = [];
  let depth = 0;
  const line = () => out.push(`\n${STEP.repeat(depth)}`);
  for (let at = 0; at < json.length; ) {
    const end = tokenEnd(json, at);
    const token = json.slice(at, end);
    if (token === "{" || token === "[") {
      out.push(token);
      depth += 1;
      // An empty one stays on its line.
      if (!closesNext(json, end)) line();
    } else if (token === "}" || token === "]") {
      depth = Math.max(depth - 1, 0);
      if (out.length > 0 && !opensBefore(out)) line();
      out.push(token);
    } else if (token === ",") {
      out.push(token);
      line();
    } else if (token.trim()) out.push(token === ":" ? ": " : token);
    at = end;
  }
  return out.join("");
}

/** The end of a text in quotes, of a run of other characters, or of one that gives structure. */
function tokenEnd(json: string, start: number): number {
  const first = json.charAt(start);
  if (first === '"') return quoteEnd(json, start + 1);
  if (STRUCTURE.has(first)) return start + 1;
  let end = start + 1;
  while (end < json.length && !STRUCTURE.has(json.charAt(end)) && json[end] !== '"') end += 1;
  return end;
}

const STRUCTURE = new Set("{}[],: \t\r\n");

function quoteEnd(json: string, start: number): number {
  for (let at = start; at < json.length; at += 1) {
    if (json[at] === "\\") at += 1;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

function closesNext(json: string, start: number): boolean {
  let at = start;
  while (SPACE.test(json.charAt(at))) at += 1;
  return json[at] === "}" || json[at] === "]";
}

function opensBefore(out: string[]): boolean {
  const last = out.at(-1);
  return last === "{" || last === "[";
}
