import { expect, type Locator, type Page } from "@playwright/test";
import type { GraphNode } from "@/features/graph/document";
import { document as flagship } from "./flagship";
import { node } from "./pages";

const MOST_TABS = 250;

function nameOf(key: string): string {
  const found = flagship.nodes.find((each) => each.key === key);
  return found?.name ?? key;
}

/** How a test works the designer: with a mouse or with the keyboard alone. */
export interface Hand {
  add(entry: string, after: string | null): Promise<void>;
  connect(source: string, way: string | null, target: string): Promise<void>;
  select(key: string): Promise<void>;
  into(field: Locator): Promise<void>;
  press(button: Locator): Promise<void>;
  choose(list: Locator, option: string): Promise<void>;
}

export function mouse(page: Page): Hand {
  const hand: Hand = {
    async select(key) {
      // What lies outside the canvas is not drawn.
      await page.getByRole("button", { name: "Fit View" }).click();
      await page.waitForTimeout(300);
      await node(page, key).click({ position: { x: 12, y: 6 } });
    },
    async add(entry, after) {
      if (after) await hand.select(after);
      await page.locator(`[data-palette="${entry}"]`).click();
    },
    async connect(source, way, target) {
      await page.getByRole("button", { name: "Fit View" }).click();
      await page.waitForTimeout(300);
      const from = node(page, source).locator(
        `.react-flow__handle.source${way ? `[data-handleid="${way}"]` : ""}`,
      );
      await from.first().hover();
      await page.mouse.down();
      await node(page, target).locator(".react-flow__handle.target").hover();
      await page.mouse.up();
    },
    into: (field) => field.click(),
    press: (button) => button.click(),
    async choose(list, option) {
      await list.selectOption(option);
    },
  };
  return hand;
}

export function keyboard(page: Page): Hand {
  const hand: Hand = {
    async select(key) {
      await page.keyboard.press("Control+f");
      const box = page.getByRole("textbox", { name: "Find a node" });
      await expect(box).toBeFocused();
      await page.keyboard.insertText(key);
      await expect(page.getByRole("dialog").getByRole("listitem").first()).toContainText(key);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog")).toHaveCount(0);
    },
    async add(entry, after) {
      if (after) await hand.select(after);
      await page.keyboard.press("Escape");
      if (after) await hand.select(after);
      await page.keyboard.press("/");
      const title = await page.locator(`[data-palette="${entry}"]`).innerText();
      await page.keyboard.insertText(title);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
    },
    async connect(source, way, target) {
      await hand.select(source);
      await hand.press(page.getByRole("tab", { name: "Connect" }));
      const list = page.getByLabel(way ? `Connect “${way}” to` : "Connect to", { exact: true });
      await hand.choose(list, nameOf(target));
      await hand.press(page.getByRole("tab", { name: "Configure" }));
    },
    into: (field) => tabTo(page, field),
    async press(button) {
      // Of tabs only the chosen one is in the order; arrow keys lead to the others.
      const tab = (await button.getAttribute("role")) === "tab";
      await tabTo(page, tab ? button.locator("xpath=..") : button);
      for (let count = 0; tab && count < MOST_TABS && !(await isFocused(button)); count += 1)
        await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
    },
    async choose(list, option) {
      await tabTo(page, list);
      await page.keyboard.type(option);
    },
  };
  return hand;
}

function isFocused(wanted: Locator): Promise<boolean> {
  return wanted.evaluate((element) => element.contains(window.document.activeElement));
}

/** Press Tab until the element has the focus; what Tab cannot reach fails. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let count = 0; count < MOST_TABS; count += 1) {
    if (await isFocused(wanted)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${wanted}`);
}

/** Write into a field that may be a plain input or an editor, in the place of what is there. */
export async function write(page: Page, hand: Hand, field: Locator, text: string): Promise<void> {
  await hand.into(field);
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

/** Give the selected node its name, key and content through the inspector. */
export async function configure(page: Page, hand: Hand, wanted: GraphNode): Promise<void> {
  const { key, name, parent: _parent, position: _position, id: _id, ...rest } = wanted;
  const inspector = page.getByRole("complementary", { name: "Settings of what is selected" });
  await write(page, hand, inspector.getByLabel("Key", { exact: true }), key);
  await page.keyboard.press("Tab");
  await expect(node(page, key)).toBeVisible();
  await hand.press(inspector.getByRole("tab", { name: "JSON" }));
  const content = { ...rest, ...(name ? { name } : {}) };
  await write(
    page,
    hand,
    inspector.getByRole("textbox", { name: "The node as JSON" }),
    JSON.stringify(content),
  );
  await expect(node(page, key)).toContainText(name ?? key);
}
