/** Where to go after signing in: a path of this site, else the dashboard. */
export function wayBack(next: string | null): string {
  if (!next?.startsWith("/") || !URL.canParse(next, location.origin)) return "/";
  const url = new URL(next, location.origin);
  const path = `${url.pathname}${url.search}${url.hash}`;
  // `/.//host` is of this site as written, and of another one as a path.
  return url.origin === location.origin && !path.startsWith("//") ? path : "/";
}
