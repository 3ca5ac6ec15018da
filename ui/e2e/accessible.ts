import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./pages";

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa"];

/** Fails on what axe finds on the page as it is now; `part` is the only part that is looked at. */
export async function expectAccessible(page: Page, what: string, part?: string): Promise<void> {
  await page.waitForTimeout(300);
  const axe = new AxeBuilder({ page })
    .options({ resultTypes: ["violations"] })
    .withTags(TAGS)
    .exclude(".react-flow__attribution")
    // The editor inside it takes the focus and scrolls it.
    .exclude(".cm-scroller")
    // Otherwise the findings are gathered in a new tab, which takes the focus.
    .setLegacyMode();
  const found = await (part ? axe.include(part) : axe).analyze();
  expect(found.violations.map((each) => `${what} ${each.id}: ${each.nodes[0]?.html}`)).toEqual([]);
}

/** The same in the light and in the dark theme, as the button of the top bar switches them. */
export async function expectAccessibleInBothThemes(page: Page, what: string): Promise<void> {
  for (const theme of ["light", "dark"]) {
    await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
    await expectAccessible(page, `${what}, ${theme}`);
    // Neither the pointer nor the focus moves, so that the page stays as it was.
    await page.getByRole("button", { name: /^(Light|Dark) theme$/ }).dispatchEvent("click");
  }
}
