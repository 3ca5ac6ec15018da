import { test as base, expect, type Page } from "@playwright/test";

export const ACCOUNT = { email: "first@example.com", password: "a-long-first-password" };
export const url = (path: string) => `${process.env.PASTETRADER_URL}${path}`;
export const pids = () =>
  JSON.parse(process.env.PASTETRADER_PIDS ?? "{}") as Record<string, number>;

interface Fixtures {
  /** What the page complained of; a test fails when there is anything. */
  complaints: string[];
}

/** Every test fails on script errors and on what the content security policy refused. */
export const test = base.extend<Fixtures>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

export async function signIn(page: Page, path = "/"): Promise<void> {
  await page.goto(url(path));
  await page.getByLabel("E-mail").fill(ACCOUNT.email);
  await page.getByLabel("Password").fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(url(path));
}

/** Make the account of all tests unless an earlier one did. */
export async function ensureAccount(page: Page): Promise<void> {
  await page.request.post(url("/api/v1/auth/setup"), {
    data: { ...ACCOUNT, display_name: "First" },
  });
}

interface Token {
  access_token: string;
}

/** The API as the signed-in account, for what a test only needs as its starting point. */
export async function api(page: Page) {
  const login = await page.request.post(url("/api/v1/auth/login"), { data: ACCOUNT });
  const { access_token } = (await login.json()) as Token;
  const headers = { Authorization: `Bearer ${access_token}` };
  return {
    async send<T>(method: string, path: string, data?: unknown): Promise<T> {
      const answer = await page.request.fetch(url(`/api/v1${path}`), { method, headers, data });
      expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true);
      return (await answer.json()) as T;
    },
    async workflow(graph: Record<string, unknown>): Promise<string> {
      const made = await this.send<{ id: string }>(
        "POST",
        "/workflows/import?on_conflict=rename",
        graph,
      );
      return made.id;
    },
  };
}

export async function saved(page: Page): Promise<void> {
  await expect(page.locator("[data-save=saved]")).toBeVisible();
}

export function node(page: Page, key: string) {
  return page.locator(`[data-node="${key}"]`);
}
