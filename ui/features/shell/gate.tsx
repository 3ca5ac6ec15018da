"use client";

import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { type ReactNode, useEffect } from "react";
import { Loading } from "@/components/states";
import { resume, useSession } from "@/lib/api/session";

/** Shows its children to signed-in people; others go to sign in and come back. */
export function Gate({ children }: { children: ReactNode }) {
  const status = useSession((state) => state.status);
  const router = useRouter();
  const path = usePathname();
  const query = useSearchParams().toString();
  useEffect(() => {
    if (status === "unknown") void resume();
    if (status === "out") {
      const here = query ? `${path}?${query}` : path;
      router.replace(here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`);
    }
  }, [status, path, query, router]);
  return status === "in" ? children : <Loading tall />;
}
