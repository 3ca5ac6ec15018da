import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { expectAccessible } from "./accessible";
import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
// 20,000 items of 43 bytes or so: four pieces.
const LARGE = `def main():
    return [{"n": number, "text": "x" * 20} for number in range(20_000)]
`;
const FILES = `def main():
    import base64
    import pathlib

    rows = ["name,note"] + [f'row {number},"a, b"' for number in range(300)]
    pathlib.Path("table.csv").write_text("\\n".join(rows) + "\\n")
    pathlib.Path("dot.png").write_bytes(base64.b64decode("${PNG}"))
    pathlib.Path("notes.md").write_text("# Notes\\n\\n<script>window.__hit = 1</script>\\n")
    pathlib.Path("raw.bin").write_bytes(bytes(range(256)))
    return {name: pathlib.Path(name) for name in ("table.csv", "dot.png", "notes.md", "raw.bin")}
`;

/** The details of the one tool of a run, after it has ended. */
async function ran(page: Page, name: string, code: string): Promise<Locator> {
  const client = await api(page);
  const id = await client.workflow({
    name,
    nodes: [
      { key: "start", type: "trigger", position: { x: 0, y: 0 } },
      { key: "made", type: "tool", config: { kind: "python", code }, position: { x: 300, y: 0 } },
    ],
    edges: [{ source: "start", target: "made" }],
  });
  await client.send("POST", `/workflows/${id}/publish`);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: {},
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "made")).toHaveAttribute("data-status", "completed", {
    timeout: 45_000,
  });
  await node(page, "made").click();
  return page.getByRole("complementary", { name: "Details of what is selected" });
}

/** Open an artifact by the beginning of its chip's name. */
async function open(page: Page, details: Locator, name: RegExp): Promise<Locator> {
  await details.getByRole("region", { name: "Output" }).getByRole("button", { name }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  return dialog;
}

async function close(dialog: Locator): Promise<void> {
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(dialog).toHaveCount(0);
}

test("a result that is too large to travel is read piece by piece, and taken along", async ({
  page,
}) => {
  await ensureAccount(page);
  await signIn(page);
  const details = await ran(page, "large result", LARGE);
  const dialog = await open(page, details, /^Open [0-9a-f]{8}\.json \(application\/json · /);
  await expect(dialog.getByRole("textbox")).toContainText('"n": 0');
  await expect(dialog.getByText(/^The first 256\.0 KiB of /)).toBeVisible();
  await dialog.getByRole("button", { name: "Load more" }).click();
  await expect(dialog.getByText(/^The first 512\.0 KiB of /)).toBeVisible();

  const downloading = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^[0-9a-f]{8}\.json$/);
  const bytes = await readFile(await download.path());
  const items = JSON.parse(bytes.toString()) as { n: number }[];
  expect([items.length, items.at(-1)?.n]).toEqual([20_000, 19_999]);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await expect(dialog.getByText(sha256)).toBeVisible();

  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await dialog.getByRole("button", { name: "Copy reference" }).click();
  await expect.poll(copied).toContain("$artifact");
  const reference = JSON.parse(await copied()) as { $artifact: { sha256: string } };
  expect(reference.$artifact.sha256).toBe(sha256);
  await dialog.getByRole("button", { name: "Copy the SHA-256" }).click();
  await expect.poll(copied).toBe(sha256);
});

test("files of a tool are shown by what they are", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const details = await ran(page, "files of a tool", FILES);

  let dialog = await open(page, details, /^Open table\.csv \(text\/csv · /);
  await expect(dialog.getByRole("cell", { name: "row 0", exact: true })).toBeVisible();
  await expect(dialog.getByRole("columnheader", { name: "note" })).toBeVisible();
  await expect(dialog.getByText("200 of 300 rows.")).toBeVisible();
  await expectAccessible(page, "a table", "[role=dialog]");
  await dialog.getByRole("button", { name: "Load more" }).click();
  await expect(dialog.getByText("300 of 300 rows.")).toBeVisible();
  await close(dialog);

  dialog = await open(page, details, /^Open dot\.png \(image\/png · /);
  const picture = dialog.getByRole("img", { name: "dot.png" });
  await expect(picture).toBeVisible();
  await expect
    .poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth))
    .toBe(1);
  await close(dialog);

  dialog = await open(page, details, /^Open notes\.md \(text\/markdown · /);
  await expect(dialog.getByRole("textbox")).toContainText("<script>window.__hit = 1</script>");
  expect(
    await page.evaluate(() => (window as unknown as { __hit?: number }).__hit),
  ).toBeUndefined();
  await close(dialog);

  dialog = await open(page, details, /^Open raw\.bin \(application\/octet-stream · 256 B\)/);
  await expect(dialog.getByText("This cannot be shown here.")).toBeVisible();
  const downloading = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download" }).click();
  expect((await downloading).suggestedFilename()).toBe("raw.bin");
});

test("an artifact that is gone says so, and shows how it began", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  await page.route("**/api/v1/artifacts/**", (route) =>
    route.fulfill({
      status: 404,
      contentType: "application/problem+json",
      body: JSON.stringify({ status: 404, title: "Not Found", detail: "there is no artifact" }),
    }),
  );
  const details = await ran(page, "gone result", LARGE);
  const dialog = await open(page, details, /^Open /);
  await expect(dialog.getByRole("alert").first()).toContainText(
    "This artifact is not there any more",
  );
  await expect(dialog.getByRole("alert").first()).toContainText('[{"n":0,');
});
