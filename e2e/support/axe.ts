import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

type Theme = "light" | "dark";
const THEMES: readonly Theme[] = ["light", "dark"];

/** Does `body` in each theme, as the system's preference sets it, and goes back to light. */
export async function inBothThemes(page: Page, body: (theme: Theme) => Promise<void>): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await body(theme);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Requires that axe finds nothing against the place on the screen, in either theme; violations are listed by rule. */
export async function expectAccessible(page: Page, place: string, within?: string): Promise<void> {
  await inBothThemes(page, async (theme) => {
    // Colours are judged when they have arrived, not half-way through a transition.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
    const builder = new AxeBuilder({ page });
    if (within !== undefined) builder.include(within);
    const { violations } = await builder.analyze();
    const told = violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.map((node) => `    ${node.target.join(" ")}\n      ${node.failureSummary ?? ""}`).join("\n")}`,
    );
    expect(told, `axe on ${place}, ${theme} theme`).toEqual([]);
  });
}
