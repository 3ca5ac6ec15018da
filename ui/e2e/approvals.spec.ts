import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const RUN_MS = 45_000;
const FORM = {
  type: "object",
  required: ["shares"],
  properties: { shares: { type: "integer", title: "Shares" } },
};

interface Asking {
  id: string;
  run: string;
}

/** A graph that asks, and then tells; `told` is what its last node gives. */
function graph(name: string, told: string, form?: object) {
  const config = { message: `How many shares for ${name}?`, ...(form && { form }) };
  return {
    name,
    nodes: [
      { key: "start", type: "trigger" },
      { key: "review", type: "approval", name: "Review the order", config },
      { key: "told", type: "adapter", config: { output: told } },
    ],
    edges: [
      { source: "start", target: "review" },
      { source: "review", target: "told" },
    ],
  };
}

/** A run of a new workflow of that name, which asks or soon will. */
async function asking(page: Page, name: string, form?: object): Promise<Asking> {
  const client = await api(page);
  const told = form ? "{{ nodes.review.output.form.shares }}" : "as before";
  const id = await client.workflow(graph(name, told, form));
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  return { id, run: run.id };
}

function cardOf(page: Page, workflow: string): Locator {
  return page.getByRole("article", { name: `Review the order, ${workflow}` });
}

/** What the last node of a run gave, once the run is over, as JSON text. */
async function toldBy(page: Page, run: string): Promise<string> {
  const client = await api(page);
  const status = async () =>
    (await client.send<{ status: string }>("GET", `/executions/${run}`)).status;
  await expect.poll(status, { timeout: RUN_MS }).toBe("completed");
  const { items } = await client.send<{ items: { node_key: string; output: unknown }[] }>(
    "GET",
    `/executions/${run}/nodes`,
  );
  return JSON.stringify(items.find(({ node_key }) => node_key === "told")?.output);
}

test("the inbox shows what waits, and a form is decided with the keyboard alone", async ({
  page,
}) => {
  await ensureAccount(page);
  await signIn(page, "/approvals");
  const [first, second] = [await asking(page, "inbox one", FORM), await asking(page, "inbox two")];
  const [one, two] = [cardOf(page, "inbox one"), cardOf(page, "inbox two")];
  await expect(one).toContainText("How many shares for inbox one?", { timeout: RUN_MS });
  await expect(two).toBeVisible({ timeout: RUN_MS });
  await expect(page.locator("nav [data-waiting-approvals]")).toBeVisible();
  await expectAccessible(page, "the inbox");

  await one.getByLabel("Shares").fill("12");
  await one.getByLabel("Comment").fill("as always");
  await one.focus();
  await page.keyboard.press("a");
  await expect(page.getByRole("dialog", { name: "Approve “Review the order”?" })).toBeVisible();
  await expectAccessible(page, "the confirmation of a decision");
  await page.keyboard.press("Enter");
  await expect(one).toHaveCount(0);
  await expect(two).toBeVisible();
  expect(await toldBy(page, first.run)).toBe("12");

  await two.focus();
  await page.keyboard.press("r");
  await expect(page.getByRole("dialog", { name: "Reject “Review the order”?" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(two).toHaveCount(0);
  await page.getByLabel("Show").selectOption("approved");
  await page.waitForURL(url("/approvals?show=approved"));
  await expect(one).toContainText("“as always”");
  await page.goto(url(`/executions/view?id=${second.run}`));
  await expect(node(page, "review")).not.toHaveAttribute("data-status", "waiting");
});

test("the inbox reads well in the dark and in Korean", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  await asking(page, "inbox in the dark");
  await page.evaluate(() => {
    localStorage.setItem("pastetrader-theme", "dark");
    localStorage.setItem("pastetrader-locale", "ko");
  });
  await page.goto(url("/approvals"));
  await expect(page.getByRole("heading", { level: 1, name: "승인" })).toBeVisible();
  const card = cardOf(page, "inbox in the dark");
  await expect(card.getByRole("button", { name: "거절" })).toBeVisible({ timeout: RUN_MS });
  await expectAccessible(page, "the inbox in the dark");
  await card.getByRole("button", { name: "거절" }).click();
  await expect(card).toHaveCount(0);
});

test("a link decides once, without signing in", async ({ page, browser }) => {
  await ensureAccount(page);
  await signIn(page, "/approvals");
  const { run } = await asking(page, "asks by link", FORM);
  const card = cardOf(page, "asks by link");
  await card.getByRole("button", { name: "Make a link…" }).click({ timeout: RUN_MS });
  const dialog = page.getByRole("dialog", { name: "Decide by a link" });
  await expectAccessible(page, "making a link");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.getByLabel("Link", { exact: true }).inputValue();
  await dialog.getByRole("button", { name: "Copy the link" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await dialog.getByRole("button", { name: "Done" }).click();

  const stranger = await (await browser.newContext()).newPage();
  const address = new URL(link);
  const there = url(`${address.pathname}${address.search}`);
  await stranger.goto(there);
  await expect(stranger.getByText("How many shares for asks by link?")).toBeVisible();
  await expectAccessible(stranger, "a question behind a link");
  // Opening it has decided nothing.
  await expect(card).toBeVisible();
  await stranger.getByLabel("Shares").fill("7");
  await stranger.getByRole("button", { name: "Approve" }).click();
  await expect(stranger.getByText(/You approved it/)).toBeVisible();
  expect(await toldBy(page, run)).toBe("7");

  await stranger.goto(there);
  await expect(stranger.getByRole("heading", { name: "This link was used" })).toBeVisible();
  await expect(stranger.getByRole("button", { name: "Approve" })).toHaveCount(0);
  await expectAccessible(stranger, "a link that was used");
  const token = address.searchParams.get("token");
  const again = await stranger.request.post(url(`/api/v1/approval-links/${token}`), {
    data: { approve: false },
  });
  expect(again.status()).toBe(410);
  await stranger.goto(url("/approve?token=nothing-of-the-sort"));
  await expect(stranger.getByRole("heading", { name: "This link does not work" })).toBeVisible();
  await stranger.context().close();
});

interface Heard {
  url: string;
  calls: { headers: IncomingHttpHeaders; body: string }[];
  close: () => Promise<void>;
}

/** A server that takes what it is told. */
async function startListener(): Promise<Heard> {
  const calls: Heard["calls"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      calls.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/told`,
    calls,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

test("a notification is made, tried out, and tells of a question", async ({ page }) => {
  test.setTimeout(120_000);
  const listener = await startListener();
  await ensureAccount(page);
  await signIn(page, "/settings");
  const client = await api(page);
  await client.send("PUT", "/secrets/TELLS_BY", { value: "a-signing-secret" });
  await page.getByRole("link", { name: "Notifications" }).click();
  await page.waitForURL(url("/settings/notifications"));
  await page.getByRole("button", { name: "New notification" }).click();
  const editor = page.getByRole("dialog", { name: "New notification" });
  await editor.getByRole("textbox", { name: "Name" }).fill("Ops");
  await editor.getByRole("textbox", { name: "URL" }).fill(listener.url);
  await editor.getByLabel("Signed with the secret").selectOption("TELLS_BY");
  await editor.getByLabel("A decision is asked for").check();
  await expectAccessible(page, "a notification");
  await editor.getByRole("button", { name: "Save" }).click();
  await expect(editor).toHaveCount(0);

  await page.getByRole("button", { name: "Send a test by Ops" }).click();
  const history = page.getByRole("dialog", { name: "Told by “Ops”" });
  await expect(history.locator("[data-notice=sent]")).toBeVisible({ timeout: RUN_MS });
  await expectAccessible(page, "what was told");
  const sample = listener.calls.find(({ body }) => body.includes('"test"'));
  expect(sample?.headers["x-pastetrader-signature"]).toMatch(/^sha256=[\da-f]{64}$/);
  await history.getByRole("button", { name: "Close" }).click();

  await asking(page, "tells of it");
  await expect
    .poll(() => listener.calls.some(({ body }) => body.includes("tells of it")), {
      timeout: RUN_MS,
    })
    .toBe(true);

  await page.getByRole("button", { name: "New notification" }).click();
  await editor.getByRole("textbox", { name: "Name" }).fill("Letters");
  await editor.getByLabel("By", { exact: true }).selectOption("email");
  await editor.getByRole("textbox", { name: "To" }).fill("somebody@example.com");
  await editor.getByRole("button", { name: "Save" }).click();
  await expect(editor.getByRole("alert")).toContainText("PASTETRADER_SMTP_URL");
  await editor.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete Ops" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("Nobody is told yet")).toBeVisible();
  await listener.close();
});

test("a run that waits goes on with a newer version of its workflow", async ({ page }) => {
  test.setTimeout(120_000);
  await ensureAccount(page);
  await signIn(page);
  const { id, run } = await asking(page, "is upgraded");
  await page.goto(url(`/executions/view?id=${run}`));
  await expect(node(page, "review")).toHaveAttribute("data-status", "waiting", { timeout: RUN_MS });
  await expect(page.getByRole("button", { name: "Upgrade…" })).toHaveCount(0);

  const client = await api(page);
  const draft = await client.send<{ version: number }>("GET", `/workflows/${id}/graph`);
  await client.send("PUT", `/workflows/${id}/graph`, {
    ...graph("is upgraded", "as it is now"),
    version: draft.version,
  });
  await client.send("POST", `/workflows/${id}/publish`, { comment: "tells the news" });
  await page.reload();
  await page.getByRole("button", { name: "Upgrade…" }).click();
  const dialog = page.getByRole("dialog", { name: "Upgrade this run" });
  await expect(dialog.getByText("The run can go on with version 2.")).toBeVisible();
  await expect(dialog).toContainText("Review the order");
  await expectAccessible(page, "the report of an upgrade");
  await dialog.getByRole("button", { name: "Upgrade to version 2" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("version 2", { exact: true })).toBeVisible({ timeout: RUN_MS });

  // It asks again where it goes on; until then the question before is shown.
  const approve = page.locator("[data-approval=pending]").getByRole("button", { name: "Approve" });
  await expect(async () => {
    await page.locator("[data-needs-you=review]").click({ timeout: 2_000 });
    await approve.click({ timeout: 2_000 });
  }).toPass({ timeout: RUN_MS });
  await expect(node(page, "told")).toHaveAttribute("data-status", "completed", {
    timeout: RUN_MS,
  });
  await node(page, "told").click();
  await expect(
    page.getByRole("complementary", { name: "Details of what is selected" }),
  ).toContainText("as it is now");

  // What ended can be run again, with either version.
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByRole("dialog").getByLabel("Version", { exact: true })).toHaveValue("2");
  await expectAccessible(page, "running again");
});

test("who decides on a node is chosen in the designer", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const id = await client.workflow(graph("who decides", "yes"));
  await page.goto(url(`/workflows/edit?id=${id}`));
  await node(page, "review").click({ position: { x: 12, y: 6 } });
  await page.getByLabel("Person", { exact: true }).fill("second@example.com");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "all administrators" }).click();
  await page.getByLabel("Approvals needed").fill("2");
  await page.getByLabel("Reminds after", { exact: true }).fill("3");
  await expectAccessible(page, "who decides");
  await expect(page.locator("[data-save=saved]")).toBeVisible();
  const stored = await client.send<{ graph: { nodes: { key: string; config?: unknown }[] } }>(
    "GET",
    `/workflows/${id}/graph`,
  );
  expect(stored.graph.nodes.find(({ key }) => key === "review")?.config).toMatchObject({
    assignees: ["second@example.com", "role:admin"],
    required: 2,
    reminder_seconds: 10_800,
  });
});
