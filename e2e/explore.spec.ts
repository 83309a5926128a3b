// Exploring, as a reader does it: a question, answers while it runs, and the shortest way opened in the lab.
import type { Locator } from "@playwright/test";
import { Explore, openExplore as open, SEARCH, SMALL } from "./explore.ts";
import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

test("every reachable state is seen, and the nearest counterexample opens in the lab", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.lines(SMALL);
  await expect(explore.page.getByTestId("explore-moves")).toHaveText("6 moves a state");
  await explore.start();
  await expect(explore.status).toContainText("Every reachable state was seen.", { timeout: SEARCH });

  await expect(explore.page.getByTestId("verdict-no-divergence")).toContainText("broken");
  await expect(explore.page.getByTestId("verdict-gbpa-abort")).toContainText("broken");
  await expect(explore.page.getByTestId("verdict-invariants")).toContainText("holds");
  // D1: the second device stays where VFIO put it, although GBPA says abort. Three moves, no fewer.
  await explore.page.getByTestId("verdict-gbpa-abort").getByRole("button").click();
  await expect(explore.way).toContainText("Breaks gbpa-abort; 3 moves from the start");
  const lines = await explore.way
    .getByRole("listitem")
    .filter({ hasText: /^(plug|gbpa)/ })
    .allInnerTexts();
  expect(lines.toSorted()).toEqual([expect.stringMatching("gbpa v0 abort"), "plug d0 v0", "plug d1 v0"]);
  await expect(explore.way).toContainText("diverges=D1");

  await explore.page.getByTestId("explore-open").click();
  await expect(explore.page.getByTestId("notice-opened")).toContainText("D1:");
  await expect(explore.lab.step).toBeVisible();
  await expect(explore.lab.strip.getByText(/expect d[01] diverges=D1/)).toBeVisible();
  await explore.page.getByRole("button", { name: "Back to mine" }).click();
  // The answers are still there.
  await explore.page.getByRole("button", { name: "Explore", exact: true }).click();
  await expect(explore.status).toContainText("Every reachable state was seen.");
});

test("a search that is cancelled, or meets a limit, keeps what it found and says that it is partial", async ({
  app,
}) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.place.getByRole("radio", { name: /^VM actions and STEs/ }).check();
  await explore.start();
  // Answers come while it runs.
  await expect(explore.page.getByTestId("verdict-no-divergence")).toContainText("broken", {
    timeout: SEARCH,
  });
  await expect(explore.page.getByTestId("verdict-invariants")).toContainText("kept so far");
  await explore.page.getByTestId("explore-cancel").click();
  await expect(explore.status).toContainText("Partial: cancelled.", { timeout: SEARCH });
  await expect(explore.page.getByTestId("verdict-no-divergence")).toContainText("broken");
  await expect(explore.page.getByTestId("verdict-invariants")).toContainText("kept so far");
  await expect(explore.way).toBeVisible();

  await explore.field("States at most").fill("40");
  await expect(explore.place).toContainText("The question was changed since");
  await explore.start();
  await expect(explore.status).toContainText("Partial: the limit of states was reached.", {
    timeout: SEARCH,
  });
});

test("what was found outlives the page, marked as partial", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.place.getByRole("radio", { name: /^VM actions and STEs/ }).check();
  await explore.start();
  await expect(explore.page.getByTestId("verdict-no-divergence")).toContainText("broken", {
    timeout: SEARCH,
  });
  await explore.page.reload();
  await expect(explore.status).toContainText("Partial: the search ended early. The page was put away");
  await expect(explore.page.getByTestId("verdict-no-divergence")).toContainText("broken");
  await expect(explore.page.getByTestId("verdict-invariants")).toContainText("kept so far");
  await explore.page.getByTestId("explore-open").click();
  await expect(explore.page.getByTestId("notice-opened")).toContainText("is open");
});

test("errors stand where they are, and nothing starts with one", async ({ app }) => {
  const explore = await open(app);
  await explore.lines("plug d0 v0\nplgu d1 v0");
  const start = explore.page.getByTestId("explore-start");
  await expect(explore.place.getByRole("alert")).toContainText("line 2: unknown verb");
  await expect(start).toHaveAttribute("aria-disabled", "true");
  await explore.lines("plug d0 v0");
  await explore.page.getByTestId("explore-add").click();
  await explore.page.keyboard.type("always d0 dmaa=abort");
  await expect(explore.place.getByRole("alert")).toContainText("did you mean dma?");
  await expect(start).toHaveAttribute("aria-disabled", "true");
  await explore.page.getByRole("button", { name: "Remove promise 1" }).click();
  await explore.field("Depth moves").fill("many");
  await expect(explore.place.getByRole("alert")).toContainText("A whole number");
  await explore.field("Depth moves").fill("");
  await expect(start).not.toHaveAttribute("aria-disabled", "true");
  await start.click();
  await explore.finish();
});

test("two workers find what one finds", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.lines(SMALL);
  const counts = explore.page.getByTestId("explore-counts");
  const told: string[] = [];
  for (const workers of ["1", "2"]) {
    await explore.place.getByRole("combobox", { name: /^Workers/ }).selectOption(workers);
    await explore.start();
    await explore.finish();
    told.push((await counts.innerText()).match(/States[\s\S]*?Depth\s+\d+/)?.[0] ?? "");
    told.push(await explore.page.getByTestId("explore-verdicts").innerText());
  }
  expect(told.slice(2)).toEqual(told.slice(0, 2));
});

test("own promises are judged: kept, broken, reached and out of reach", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.lines(SMALL);
  for (const text of [
    "always d0 dma=abort when v0 gbpa=abort",
    "never d2 attached=s2",
    "sometimes d1 attached=abort",
    "sometimes d0 attached=translate",
  ]) {
    await explore.page.getByTestId("explore-add").click();
    await explore.page.keyboard.type(text);
  }
  await explore.start();
  await explore.finish();
  const verdict = (id: string): Locator => explore.page.getByTestId(`verdict-${id}`);
  await expect(verdict("always d0 dma=abort when v0 gbpa=abort")).toContainText("broken");
  await expect(verdict("never d2 attached=s2")).toContainText("holds");
  await expect(verdict("sometimes d1 attached=abort")).toContainText("reached");
  await expect(verdict("sometimes d0 attached=translate")).toContainText("out of reach");
});

test("few states are a graph that the keyboard walks; each shows the shortest way to itself", async ({
  app,
}) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.lines(SMALL);
  await explore.start();
  await explore.finish();
  await explore.page.getByRole("tab", { name: "States" }).click();
  const graph = explore.page.getByTestId("explore-graph");
  const states = Number(
    (await explore.page.getByTestId("explore-counts").innerText()).match(/States\s+(\d+)/)?.[1],
  );
  await expect(graph.getByRole("button")).toHaveCount(states);
  await graph.getByRole("button", { name: /^State 0,/ }).focus();
  await explore.page.keyboard.press("ArrowRight");
  await explore.page.keyboard.press("ArrowRight");
  await expect(graph.locator(":focus")).toHaveAttribute("aria-label", /2 moves/);
  await explore.page.keyboard.press("Enter");
  await expect(explore.way).toContainText("2 moves from the start");
  await expectAccessible(explore.page, "the states", "[data-testid=explore]");
});

test("another setup beside it: what a repair removes, and what it brings", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.lines(SMALL);
  await explore.place.getByRole("checkbox", { name: /^The same search under another setup/ }).check();
  await explore.start();
  const answer = explore.page.getByTestId("explore-against");
  await expect(answer).toContainText("In every reachable state B removes D1", { timeout: SEARCH });
  await expect(answer).toContainText("brings nothing new");
  await explore.page
    .getByTestId("explore-both")
    .getByRole("button", { name: /^D1 on side A/ })
    .click();
  await expect(explore.way).toContainText("diverges=D1");

  // The repaired vSMMU attaches a second device as GBPA says; two plugs show it.
  const apart = explore.page.getByTestId("explore-apart");
  await expect(apart).toContainText("pairs of states.", { timeout: SEARCH });
  await apart.getByRole("button").first().click();
  await expect(explore.page.getByTestId("explore-parted")).toContainText("attached");
  await expect(explore.way).toContainText("2 moves from the start");
  await expectAccessible(explore.page, "two setups", "[data-testid=explore]");
  await explore.page.getByTestId("explore-compare").click();
  await expect(explore.page.getByTestId("compare")).toContainText("first difference");
});

test("from the lab: from this step, and the shortest way here", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const lab = await Lab.open(app);
  const explore = new Explore(lab);
  for (const line of ["gbpa v0 bypass", "gbpa v0 abort", "gbpa v0 bypass", "gbpa v0 abort"])
    await lab.type(line);
  await lab.inspector.getByTestId("explore-from-here").click();
  await expect(explore.page.getByTestId("explore-from")).toContainText(/Step \d+, gbpa v0 abort/);
  await explore.page.getByRole("button", { name: "Back to the lab" }).click();
  await lab.page.keyboard.press("Control+k");
  await lab.page.getByPlaceholder(/^A command/).fill("shortest way here");
  await lab.page.keyboard.press("Enter");
  await expect(explore.status).toContainText("Reached", { timeout: SEARCH });
  await expect(explore.way).toContainText("3 moves from the start");
});

test("the question survives a reload, and is there for the command line", async ({ app }) => {
  const explore = await open(app);
  await explore.place.getByRole("radio", { name: /^Raw host calls/ }).check();
  await explore.field("Depth moves").fill("5");
  await explore.place.getByText("The same on the command line").click();
  await expect(explore.page.getByTestId("explore-cli")).toContainText("--alphabet raw --depth 5");
  await expect(explore.page).toHaveURL(/page=explore/);
  await explore.page.reload();
  await expect(explore.place.getByRole("radio", { name: /^Raw host calls/ })).toBeChecked();
  await expect(explore.field("Depth moves")).toHaveValue("5");
});

test("each state of the place passes axe in both themes", async ({ app }) => {
  test.setTimeout(SEARCH * 3);
  const explore = await open(app);
  await expectAccessible(explore.page, "the empty place", "[data-testid=explore]");
  await explore.lines(SMALL);
  await explore.start();
  await explore.finish();
  await expectAccessible(explore.page, "promises and a way", "[data-testid=explore]");
  await explore.page.getByRole("tab", { name: /^Classes/ }).click();
  await expect(explore.page.getByTestId("explore-classes")).toBeVisible();
  await expectAccessible(explore.page, "classes", "[data-testid=explore]");
  await explore.field("Lines that are tried").fill("plgu d0");
  await expectAccessible(explore.page, "an error", "[data-testid=explore]");
});

test("on a phone: question, answers and the way, one after the other", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  await app.page.setViewportSize({ width: 390, height: 844 });
  await app.open("#v=1&page=explore");
  const explore = new Explore(new Lab(app.page));
  await explore.lines(SMALL);
  await explore.start();
  await explore.finish();
  await expect(explore.field("Lines that are tried")).toHaveCount(0);
  await explore.page.getByTestId("verdict-gbpa-abort").getByRole("button").click();
  await expect(explore.way.getByTestId("explore-open")).toBeInViewport();
  const wide = await app.page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
  await expectAccessible(explore.page, "the place on a phone", "[data-testid=explore]");
  await explore.page.getByRole("button", { name: "Question", exact: true }).click();
  await expect(explore.field("Lines that are tried")).toBeVisible();
});
