import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

const { projects: _, ...alone } = base;

export default defineConfig({
  ...alone,
  workers: 1,
  // A trace copies the page at every step, which would be measured too.
  use: { ...base.use, trace: "off" },
  testDir: ".",
  outputDir: "../test-results",
  testMatch: /\.bench\.ts$/,
  globalSetup: "../e2e/stack.ts",
});
