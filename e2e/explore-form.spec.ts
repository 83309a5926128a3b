// What the form of the Explore place says before anything is searched.
import { Explore, openExplore as open, SEARCH } from "./explore.ts";
import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

const MANY = Array.from({ length: 80 }, (_, n) => `write v0 GBPA ${n}`).join("\n");

test("limits are said before they strike, while the question is written and while it runs", async ({
  app,
}) => {
  test.setTimeout(SEARCH);
  const explore = await open(app);
  const foreseen = explore.page.getByTestId("explore-foreseen");
  await expect(foreseen).toBeEmpty();
  const note = explore.page.getByTestId("explore-states-note");
  await expect(note).toContainText(/^cannot strike within \d moves/);
  await explore.place.getByRole("radio", { name: /^VM actions and STEs/ }).check();
  await expect(foreseen).toContainText("STEs with a history each");
  await explore.lines(MANY);
  // 1 + 80 + 80² are within half a million, 80³ more are not.
  await expect(foreseen).toHaveText(/^80 moves in every state.*500,000 states would strike after 2 moves/);
  await expectAccessible(explore.page, "a warning", "[data-testid=explore]");
  await expect(note).toContainText("within 2 moves");
  await explore.field("Depth moves").fill("2");
  await expect(foreseen).toBeEmpty();
  await expect(note).toContainText("the depth ends it");
  await explore.field("Depth moves").fill("");
  await explore.field("States at most").fill("5000000");
  await expect(foreseen).toContainText("5 million states would strike after 3 moves");
  // An error comes first.
  await explore.field("States at most").fill("many");
  await expect(foreseen).toBeEmpty();
  await explore.field("States at most").fill("6000");
  await explore.start();
  await expect(explore.status).toBeVisible();
  await expect(foreseen).toContainText("6,000 states would strike after 1 move.");
  // Not said twice; once the question is another one, the answers say it themselves.
  const standing = explore.page.getByTestId("explore-standing");
  await expect(standing).not.toContainText("80 moves in every state");
  await explore.field("Depth moves").fill("1");
  await expect(standing).toContainText("80 moves in every state");
});

test("on a phone the answers say the limits, where the form is folded away", async ({ app }) => {
  test.setTimeout(SEARCH);
  await app.page.setViewportSize({ width: 390, height: 844 });
  await app.open("#v=1&page=explore");
  const explore = new Explore(new Lab(app.page));
  await explore.lines(MANY);
  await explore.field("Depth moves").fill("3");
  const foreseen = explore.page.getByTestId("explore-foreseen");
  await expect(foreseen).toBeInViewport();
  await expectAccessible(explore.page, "a warning on a phone", "[data-testid=explore]");
  await explore.field("States at most").fill("200");
  await explore.start();
  await expect(foreseen).toHaveCount(0);
  await expect(explore.page.getByTestId("explore-standing")).toContainText("80 moves in every state");
  const wide = await app.page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
});

test("a word alone is a line, a preset, or refused at its place", async ({ app }) => {
  const explore = await open(app);
  const count = explore.page.getByTestId("explore-moves");
  await explore.lines("reset");
  await expect(count).toHaveText("1 move a state");
  await explore.place.getByText("The same on the command line").click();
  await expect(explore.page.getByTestId("explore-cli")).toContainText("--alphabet reset ");
  await explore.lines("\nresett");
  await expect(count).toBeEmpty();
  const wrong = explore.place.getByRole("alert");
  await expect(wrong.locator("mark")).toHaveText("resett");
  await expect(wrong).toContainText("there are vm, vm+ste, vm+stores, raw");
  await expect(wrong).toContainText("did you mean reset?");
  await expect(explore.field("Lines that are tried")).toHaveAccessibleDescription(/no alphabet "resett"/);
  await expect(explore.page.getByTestId("explore-start")).toHaveAttribute("aria-disabled", "true");
  await explore.lines("vm+ste");
  await expect(wrong).toHaveCount(0);
  await explore.page.getByTestId("explore-add").click();
  await explore.page.keyboard.type("no-leek");
  await expect(wrong.locator("mark")).toHaveText("no-leek");
  await expect(wrong).toContainText("did you mean no-leak?");
  await expectAccessible(explore.page, "a promise that names nothing", "[data-testid=explore]");
});
