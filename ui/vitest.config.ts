import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

// A page takes longer to make than most tests: only those have one that draw, store or call.
const WITH_PAGE = [
  "**/*.test.tsx",
  "lib/api/*.test.ts",
  "features/designer/run-node.test.ts",
  "features/drafts/api.test.ts",
  "features/forms/previewed.test.ts",
];
const NEVER = [...configDefaults.exclude, ".next/**", "out/**", "e2e/**"];

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") } },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          name: "pure",
          include: ["**/*.test.ts"],
          exclude: [...NEVER, ...WITH_PAGE],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "page",
          include: WITH_PAGE,
          exclude: NEVER,
          environment: "jsdom",
          setupFiles: ["./test/setup.ts"],
        },
      },
    ],
  },
});
