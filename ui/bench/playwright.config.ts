import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

export default defineConfig({
  ...base,
  testDir: ".",
  testMatch: /\.bench\.ts$/,
  globalSetup: "../e2e/stack.ts",
});
