import type { Metadata } from "next";
import type { ReactNode } from "react";
import { Providers } from "@/features/shell";
import "./globals.css";

export const metadata: Metadata = {
  title: "PasteTrader",
  description: "Durable workflows and agents on Temporal.",
  icons: { icon: "/icon.svg" },
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Not deferred: the theme must stand before the first paint. */}
        <script src="/theme.js" />
      </head>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
