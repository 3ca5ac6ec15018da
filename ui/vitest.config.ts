import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") } },
  test: {
    exclude: [...configDefaults.exclude, ".next/**", "out/**", "e2e/**"],
    restoreMocks: true,
    unstubGlobals: true,
    maxWorkers: "100%",
    projects: [
      // What draws nothing needs no page, which takes longer to make than most tests.
      { extends: true, test: { name: "pure", include: ["**/*.test.ts"], environment: "node" } },
      {
        extends: true,
        test: {
          name: "page",
          include: ["**/*.test.tsx"],
          environment: "jsdom",
          setupFiles: ["./test/setup.ts"],
        },
      },
    ],
  },
});
