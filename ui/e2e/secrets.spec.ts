import type { Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, saved, signIn, test, url } from "./pages";

const VIEWER = { email: "looks@example.com", password: "a-long-viewer-password" };

/** What the API answered to the page, but for streams. */
function answersOf(page: Page): Promise<string>[] {
  const answers: Promise<string>[] = [];
  page.on("response", (response) => {
    const stream = (response.headers()["content-type"] ?? "").includes("event-stream");
    if (response.url().includes("/api/") && !stream) answers.push(response.text().catch(() => ""));
  });
  return answers;
}

/** The page shows a value nowhere, and the browser keeps it nowhere. */
async function expectNowhere(page: Page, value: string): Promise<void> {
  const kept = await page.evaluate(() =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      [...document.querySelectorAll("input, textarea")].map(
        (field) => (field as HTMLInputElement).value,
      ),
    ]),
  );
  expect(kept).not.toContain(value);
  expect(await page.content()).not.toContain(value);
}

function rowOf(page: Page, name: string) {
  return page.getByRole("row").filter({ hasText: name });
}

async function makeSecret(page: Page, name: string, value: string): Promise<void> {
  await page.getByRole("button", { name: "New secret" }).click();
  const dialog = page.getByRole("dialog", { name: "New secret" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.locator("input[type=password]").fill(value);
  await dialog.getByRole("textbox", { name: "Description" }).fill("Made by a test");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(rowOf(page, name)).toBeVisible();
}

test("a secret is made, used by a tool and shown by nobody", async ({ page }) => {
  test.setTimeout(120_000);
  const NAME = "E2E_TOKEN";
  const VALUE = "sk-e2e-5f2c9e7a41";
  await ensureAccount(page);
  const answers = answersOf(page);
  await signIn(page, "/secrets");
  await makeSecret(page, NAME, VALUE);
  await expect(rowOf(page, NAME)).toContainText("never");
  await expectNowhere(page, VALUE);

  await page.getByRole("button", { name: `Copy the reference to ${NAME}` }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toBe(`{{ secrets.${NAME} }}`);

  const client = await api(page);
  const id = await client.workflow({
    name: "uses a secret",
    nodes: [
      { key: "start", type: "trigger", position: { x: 0, y: 0 } },
      {
        key: "greet",
        type: "tool",
        config: { kind: "builtin", name: "render", template: "<{{ token }}>" },
        inputs: { token: "Bearer " },
        position: { x: 300, y: 0 },
      },
    ],
    edges: [{ source: "start", target: "greet" }],
  });
  await page.goto(url(`/workflows/edit?id=${id}`));
  await node(page, "greet").click({ position: { x: 12, y: 6 } });
  await page.getByRole("button", { name: "Insert a secret: Inputs: token" }).click();
  await page.getByRole("menuitem", { name: NAME, exact: true }).click();
  const field = page.getByRole("textbox", { name: "Inputs: token", exact: true });
  await expect(field).toContainText(`Bearer {{ secrets.${NAME} }}`);
  await field.click();
  await expect(page.locator("[data-preview]")).toContainText(`Bearer {{ secrets.${NAME} }}`);
  await saved(page);

  await page.getByRole("tab", { name: "Data" }).click();
  await page.getByRole("button", { name: "Run this node" }).click();
  await expect(page.getByRole("region", { name: "Run this node" })).toContainText(
    `<Bearer [secret ${NAME}]>`,
    { timeout: 45_000 },
  );
  await expectNowhere(page, VALUE);

  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "greet")).toHaveAttribute("data-status", "completed", {
    timeout: 45_000,
  });
  await node(page, "greet").click();
  const details = page.getByRole("complementary", { name: "Details of what is selected" });
  await expect(details.getByRole("region", { name: "Output" })).toContainText(
    `<Bearer [secret ${NAME}]>`,
  );
  await expect(details.getByRole("region", { name: "Input" })).toContainText(
    `Bearer {{ secrets.${NAME} }}`,
  );
  await expectNowhere(page, VALUE);

  await page.goto(url("/secrets"));
  await expect(rowOf(page, NAME)).toBeVisible();
  await expect(rowOf(page, NAME)).not.toContainText("never");
  for (const answer of await Promise.all(answers)) expect(answer).not.toContain(VALUE);
});

test("a secret is replaced without being read, and deleted for good", async ({ page }) => {
  const NAME = "E2E_REPLACED";
  const [first, second] = ["the-first-value-7d1", "the-second-value-9b4"];
  await ensureAccount(page);
  const answers = answersOf(page);
  await signIn(page, "/secrets");
  await makeSecret(page, NAME, first);

  await page.getByRole("button", { name: `Replace ${NAME}` }).click();
  const dialog = page.getByRole("dialog", { name: `Replace ${NAME}` });
  const value = dialog.locator("input[type=password]");
  await expect(value).toHaveValue("");
  await expect(dialog.getByRole("textbox", { name: "Description" })).toHaveValue("Made by a test");
  await expectAccessible(page, "replacing a secret", "[role=dialog]");
  await value.fill(second);
  await dialog.getByRole("button", { name: "Replace", exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText(`${NAME} has a new value.`).first()).toBeVisible();
  for (const each of [first, second]) await expectNowhere(page, each);

  await page.getByRole("button", { name: `Delete ${NAME}` }).click();
  const confirm = page.getByRole("dialog", { name: `Delete the secret ${NAME}?` });
  await expect(confirm).toContainText("Tools that name it fail from then on.");
  await confirm.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(rowOf(page, NAME)).toHaveCount(0);
  for (const answer of await Promise.all(answers)) {
    expect(answer).not.toContain(first);
    expect(answer).not.toContain(second);
  }
});

test("a key of several lines is kept as it is pasted", async ({ page }) => {
  const NAME = "E2E_PEM";
  const key = "-----BEGIN TEST KEY-----\nc29tZSBieXRlcw==\n-----END TEST KEY-----\n";
  await ensureAccount(page);
  await signIn(page, "/secrets");
  await page.getByRole("button", { name: "New secret" }).click();
  const dialog = page.getByRole("dialog", { name: "New secret" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(NAME);
  await page.evaluate((text) => navigator.clipboard.writeText(text), key);
  await dialog.locator("input[type=password]").focus();
  await page.keyboard.press("Control+v");
  await expect(dialog.locator("textarea")).toHaveValue(key);
  await expect(dialog.locator("textarea")).toBeFocused();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(rowOf(page, NAME)).toBeVisible();
  await expectNowhere(page, "c29tZSBieXRlcw==");
});

test("an administrator rotates the key, and is told how many secrets that moved", async ({
  page,
}) => {
  await ensureAccount(page);
  await signIn(page, "/secrets");
  await page.getByRole("main").getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Rotate the encryption key…" }).click();
  const dialog = page.getByRole("dialog", { name: "Rotate the encryption key" });
  await dialog.getByRole("button", { name: "Rotate", exact: true }).click();
  await expect(dialog.getByText(/All secrets are under the key .+ already\./)).toBeVisible();
});

test("a viewer sees the room, and cannot change anything in it", async ({ page }) => {
  await ensureAccount(page);
  const client = await api(page);
  await client.send("POST", "/users", { ...VIEWER, display_name: "Looks", role: "viewer" });
  await page.goto(url("/secrets"));
  await page.getByLabel("E-mail").fill(VIEWER.email);
  await page.getByLabel("Password").fill(VIEWER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(url("/secrets"));
  await expect(page.getByText("No secrets yet")).toBeVisible();
  await expect(page.getByRole("main").getByRole("button")).toHaveCount(0);
  const login = await page.request.post(url("/api/v1/auth/login"), { data: VIEWER });
  const { access_token } = (await login.json()) as { access_token: string };
  const answer = await page.request.put(url("/api/v1/secrets/VIEWER_KEY"), {
    data: { value: "a-value-of-a-viewer" },
    headers: { Authorization: `Bearer ${access_token}` },
  });
  expect(answer.status()).toBe(403);
});
