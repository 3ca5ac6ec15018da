// The nonce of each set of marks, so that no data can hold one.
const NONCE_BYTES = 8;
const REFERENCE = /\{\{\s*secrets\.([A-Za-z_]\w*)\s*\}\}/g;

/** How a secret stands in a text. */
export function secretReference(name: string): string {
  return `{{ secrets.${name} }}`;
}

/** Whether any text in `value` names a secret as a template would. */
export function namesSecret(value: unknown): boolean {
  let found = false;
  mapTexts(value, (text) => {
    found ||= text.search(REFERENCE) >= 0;
    return text;
  });
  return found;
}

/** `value` with every text in it changed; keys of objects stay as they are. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]),
  ) as T;
}

export type TextPiece = string | { secret: string };

/**
 * Marks that stand for secrets while the rest of a text is evaluated: the server evaluates no
 * secret but in a tool's attempt.
 */
export interface SecretMarks {
  /** A mark in the place of each `{{ secrets.name }}`. */
  put: <T>(template: T) => T;
  /** A reference in the place of each mark. */
  back: <T>(value: T) => T;
  /** A text with marks as the texts between them and the secrets, in turn. */
  pieces: (text: string) => TextPiece[];
}

export function secretMarks(): SecretMarks {
  const bytes = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const nonce = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const mark = new RegExp(`${nonce}\\.(\\w+)\\.`, "g");
  return {
    put: (template) => mapTexts(template, (text) => text.replace(REFERENCE, `${nonce}.$1.`)),
    back: (value) =>
      mapTexts(value, (text) => text.replace(mark, (_mark, name: string) => secretReference(name))),
    pieces: (text) =>
      text
        .split(mark)
        .map((piece, index) => (index % 2 ? { secret: piece } : piece))
        .filter((piece) => piece !== ""),
  };
}
