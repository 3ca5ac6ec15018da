import type { NextConfig } from "next";

// While developing, the API is another server; the export is served by the API itself.
const api = process.env.PASTETRADER_API ?? "http://127.0.0.1:8000";
const developing = process.env.NODE_ENV === "development";

const config: NextConfig = {
  ...(developing
    ? {
        rewrites: async () => [{ source: "/api/:path*", destination: `${api}/api/:path*` }],
      }
    : { output: "export" as const }),
  reactStrictMode: true,
  // `npm run types` checks them, tests included; whoever only builds need not wait for it.
  typescript: { ignoreBuildErrors: true },
  devIndicators: false,
};

export default config;
