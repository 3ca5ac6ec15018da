import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./pages";

/** Fails on what axe finds on the page as it is now. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.waitForTimeout(300);
  const found = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21aa"])
    .exclude(".react-flow__attribution")
    // The editor inside it takes the focus and scrolls it.
    .exclude(".cm-scroller")
    .analyze();
  expect(found.violations.map((each) => `${what} ${each.id}: ${each.nodes[0]?.html}`)).toEqual([]);
}
