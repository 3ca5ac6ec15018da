"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

interface RoomTabsProps {
  label: string;
  tabs: { href: string; name: string }[];
}

/** Ways between rooms that belong together. */
export function RoomTabs({ label, tabs }: RoomTabsProps) {
  const path = usePathname();
  return (
    <nav aria-label={label} className="mb-5 flex gap-1 border-line border-b">
      {tabs.map(({ href, name }) => (
        <Link
          key={href}
          href={href}
          aria-current={path === href ? "page" : undefined}
          className="-mb-px border-transparent border-b-2 px-2.5 py-2 text-ink-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}
