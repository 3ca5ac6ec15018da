/** Equal as JSON, whatever the order of keys; nothing, null and an empty object are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  return stable(a) === stable(b);
}

function stable(value: unknown): string {
  const text = JSON.stringify(value ?? null, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return text === "{}" ? "null" : text;
}
