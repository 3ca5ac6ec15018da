const MOST_PAGES = 20;

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The items of a list, page after page; of an endless one its beginning. */
export async function everyPage<T>(
  page: (cursor: { cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const found: T[] = [];
  let place: { cursor?: string } = {};
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { items, next_cursor } = await page(place);
    found.push(...items);
    if (next_cursor === null) break;
    place = { cursor: next_cursor };
  }
  return found;
}
