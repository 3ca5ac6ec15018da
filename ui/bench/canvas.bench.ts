import { expect, type Page, test } from "@playwright/test";
import { api, ensureAccount, signIn, url } from "../e2e/pages";

const COLUMNS = 25;
const ROWS = 20;
const STEPS = 120;

/** A trigger and 499 adapters in rows of 25, placed as a grid. */
function grid(): Record<string, unknown> {
  const nodes: Record<string, unknown>[] = [
    { key: "start", type: "trigger", position: { x: -300, y: 0 } },
  ];
  const edges: Record<string, string>[] = [];
  for (let index = 0; index < COLUMNS * ROWS - 1; index += 1) {
    const column = index % COLUMNS;
    const row = Math.floor(index / COLUMNS);
    const position = { x: column * 290, y: row * 110 };
    nodes.push({ key: `n${index}`, type: "adapter", config: { output: index }, position });
    edges.push({ source: column === 0 ? "start" : `n${index - 1}`, target: `n${index}` });
  }
  return { name: "five hundred", nodes, edges };
}

/** Frames per second of the page while something is done to it. */
async function framesDuring(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const state = { frames: 0, began: performance.now(), on: true };
    (window as unknown as { __frames: typeof state }).__frames = state;
    const count = () => {
      state.frames += 1;
      if (state.on) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  await work();
  return page.evaluate(() => {
    const { __frames: state } = window as unknown as {
      __frames: { frames: number; began: number; on: boolean };
    };
    state.on = false;
    return (state.frames / (performance.now() - state.began)) * 1_000;
  });
}

test("a graph of 500 nodes opens, pans and zooms", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const id = await (await api(page)).workflow(grid());
  const opened: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await page.goto(url("/workflows"));
    await page.waitForLoadState("networkidle");
    const began = Date.now();
    await page.goto(url(`/workflows/edit?id=${id}`));
    await page.waitForSelector("[data-node=n0]");
    opened.push(Date.now() - began);
  }
  await page.waitForTimeout(1_500);
  const pan = await framesDuring(page, () => dragAbout(page));
  const zoom = await framesDuring(page, () => zoomAbout(page));
  opened.sort((a, b) => a - b);
  console.log(
    `500 nodes: open ${opened[2]} ms (≤ 1,500), pan ${pan.toFixed(0)} fps, zoom ${zoom.toFixed(0)} fps (≥ 50)`,
  );
  expect(opened.length).toBe(5);
});

test("a run of 1,000 node events stays smooth", async ({ page }) => {
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const nodes = [
    { key: "start", type: "trigger" },
    { key: "each", type: "parallel", config: { items: "{{ input.items }}", max_concurrency: 50 } },
    { key: "one", type: "adapter", parent: "each", config: { output: "{{ item }}" } },
    { key: "two", type: "adapter", parent: "each", config: { output: "{{ nodes.one.output }}" } },
  ];
  const edges = [
    { source: "start", target: "each" },
    { source: "one", target: "two" },
  ];
  const id = await client.workflow({ name: "a thousand", nodes, edges });
  await client.send("POST", `/workflows/${id}/publish`);
  const items = Array.from({ length: 500 }, (_item, index) => index);
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: { items },
  });
  await page.goto(url(`/executions/view?id=${run.id}`));
  await page.waitForSelector("[data-node=each]");
  const fps = await framesDuring(page, () =>
    page
      .waitForSelector("[data-node=each][data-status=completed]", { timeout: 60_000 })
      .then(() => undefined),
  );
  console.log(`1,000 node events: ${fps.toFixed(0)} fps while they come`);
});

async function dragAbout(page: Page): Promise<void> {
  await page.mouse.move(800, 450);
  await page.mouse.down({ button: "middle" });
  for (let step = 0; step < STEPS; step += 1) {
    await page.mouse.move(800 - 300 * Math.sin(step / 12), 450 - 150 * Math.cos(step / 9));
    await frame(page);
  }
  await page.mouse.up({ button: "middle" });
}

async function zoomAbout(page: Page): Promise<void> {
  await page.mouse.move(800, 450);
  for (let step = 0; step < STEPS; step += 1) {
    await page.mouse.wheel(0, step % 40 < 20 ? -60 : 60);
    await frame(page);
  }
}

/** A hand moves as the screen shows it, not as quickly as a program can. */
async function frame(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done(null))));
}
