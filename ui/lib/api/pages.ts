interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Where a page begins, as the query of a call says it: nothing for the first one. */
interface Place {
  cursor?: string;
}

/** What an infinite query needs to read a list page by page, and to give it as one list. */
export function pages<T>(fetch: (place: Place) => Promise<Page<T>>) {
  return {
    queryFn: ({ pageParam }: { pageParam: string }) =>
      fetch(pageParam ? { cursor: pageParam } : {}),
    initialPageParam: "",
    getNextPageParam: (page: Page<T>) => page.next_cursor,
    select: (read: { pages: Page<T>[] }) => read.pages.flatMap((page) => page.items),
  };
}
