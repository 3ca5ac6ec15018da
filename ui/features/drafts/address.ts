import { usePathname, useRouter, useSearchParams } from "next/navigation";

/** The draft that the address names, so that whoever comes back finds it; and how to name another. */
export function useDraftAddress(): [string | null, (id: string | null) => void] {
  const router = useRouter();
  const path = usePathname();
  const query = useSearchParams();
  function name(id: string | null): void {
    const next = new URLSearchParams(query);
    if (id === null) next.delete("draft");
    else next.set("draft", id);
    const written = next.toString();
    router.push(written ? `${path}?${written}` : path, { scroll: false });
  }
  return [query.get("draft"), name];
}
