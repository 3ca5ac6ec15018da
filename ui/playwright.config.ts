import { defineConfig } from "@playwright/test";

// Debian's browser: nothing is downloaded.
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

// Makes the account of all others.
const FIRST = /account\.spec\.ts$/;
// Takes away what runs of others need.
const ALONE = /killed-worker\.spec\.ts$/;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // One stack and one account serve all of them: names in a test are its own.
  workers: 2,
  fullyParallel: false,
  projects: [
    { name: "account", testMatch: FIRST },
    { name: "rooms", testIgnore: [FIRST, ALONE], dependencies: ["account"] },
    { name: "alone", testMatch: ALONE, dependencies: ["rooms"] },
  ],
  timeout: 90_000,
  expect: { timeout: 15_000 },
  retries: 0,
  ...(process.env.SCREENSHOTS ? { grep: /@screenshots/ } : { grepInvert: /@screenshots/ }),
  reporter: [["list"]],
  globalSetup: "./e2e/stack.ts",
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-US",
    actionTimeout: 10_000,
    // A trace copies the page at every step, which takes a third of the processor.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    permissions: ["clipboard-read", "clipboard-write"],
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
