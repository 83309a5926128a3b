// What a reader finds again when the page was thrown away: the answers, the other setup, the states.
import type { Page } from "@playwright/test";
import { type Explore, openExplore as open, SEARCH, SMALL } from "./explore.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

const KEY = "vsmmu-lab.explore.answers";

/** Both setups searched to the end, and where they part. */
async function compared(explore: Explore): Promise<void> {
  await explore.lines(SMALL);
  await explore.place.getByRole("checkbox", { name: /^The same search under another setup/ }).check();
  await explore.start();
  await expect(explore.page.getByTestId("explore-against")).toContainText("B removes D1", {
    timeout: SEARCH,
  });
  await expect(explore.page.getByTestId("explore-apart")).toContainText("pairs of states.", {
    timeout: SEARCH,
  });
}

/** What the next page of this tab finds, whatever this one keeps when it goes. */
const finds = (page: Page, text: string): Promise<unknown> =>
  page.addInitScript(
    ([key, kept]) => {
      if (key !== undefined && kept !== undefined) sessionStorage.setItem(key, kept);
    },
    [KEY, text],
  );

test("the other setup and the states come back, and show their ways", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await compared(explore);
  const answer = explore.page.getByTestId("explore-against");
  const apart = explore.page.getByTestId("explore-apart");
  const told = [await answer.innerText(), await apart.innerText()];
  await explore.page.getByRole("tab", { name: "States" }).click();
  const graph = explore.page.getByTestId("explore-graph");
  const states = await graph.getByRole("button").count();
  await graph.getByRole("button").last().click();
  const way = await explore.way.innerText();

  await explore.page.reload();
  await expect(explore.status).toContainText("Every reachable state was seen.");
  await expect(graph.getByRole("button")).toHaveCount(states);
  await graph.getByRole("button").last().click();
  await expect(explore.way).toHaveText(way, { useInnerText: true });
  await explore.page.getByRole("tab", { name: "Against fix=D1" }).click();
  expect([await answer.innerText(), await apart.innerText()]).toEqual(told);
  await explore.page
    .getByTestId("explore-both")
    .getByRole("button", { name: /^D1 on side A/ })
    .click();
  await expect(explore.way).toContainText("diverges=D1");
  await apart.getByRole("button").first().click();
  await expect(explore.page.getByTestId("explore-parted")).toBeVisible();
  await explore.page.reload();
  await expect(answer).toHaveText(told[0] ?? "", { useInnerText: true });
  await expectAccessible(explore.page, "answers that came back", "[data-testid=explore]");
});

test("a comparison that was put away while it ran is partial, and can be searched again", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await explore.place.getByRole("radio", { name: /^VM actions and STEs/ }).check();
  await explore.place.getByRole("checkbox", { name: /^The same search under another setup/ }).check();
  await explore.start();
  const answer = explore.page.getByTestId("explore-against");
  await expect(answer).toContainText("D1", { timeout: SEARCH });
  await explore.page.reload();
  await expect(explore.status).toContainText("The page was put away while it ran.");
  await expect(answer).toContainText("Partial: the search of B ended early.");
  await expectAccessible(explore.page, "a partial comparison", "[data-testid=explore]");
  await explore.page.getByTestId("explore-again").click();
  await expect(explore.status).toContainText(/Searching|Opening/);
  await explore.page.getByTestId("explore-cancel").click();
  await expect(explore.status).toContainText("Partial: cancelled.", { timeout: SEARCH });
});

test("what could not be kept is said where it would be, with a way to search again", async ({ app }) => {
  test.setTimeout(SEARCH * 2);
  const explore = await open(app);
  await compared(explore);
  await explore.page.reload();
  await expect(explore.status).toContainText("Every reachable state was seen.");
  const kept = await explore.page.evaluate((key) => sessionStorage.getItem(key), KEY);
  const less = { other: null, apart: null, graph: null, lost: ["against", "graph"] };
  await finds(explore.page, JSON.stringify({ ...JSON.parse(kept ?? "{}"), ...less }));
  await explore.page.reload();
  const lost = explore.page.getByTestId("explore-lost");
  await expect(lost).toContainText("What the search under fix=D1 had found could not be kept");
  await expectAccessible(explore.page, "a side that was not kept", "[data-testid=explore]");
  await explore.page.getByRole("tab", { name: "States" }).click();
  await expect(lost).toContainText("The states themselves could not be kept");
  // The search begins where its answers did, whatever the form asks by now.
  await explore.lines("reset");
  await lost.getByRole("button", { name: "Search again" }).click();
  await expect(explore.page.getByTestId("explore-against")).toContainText("B removes D1", {
    timeout: SEARCH,
  });
  await expect(lost).toHaveCount(0);
});

test("answers that cannot be read are said to be lost; the question is still there", async ({ app }) => {
  test.setTimeout(SEARCH);
  await finds(app.page, '{"version":1,"run":{"script":"<img src=x>"}}');
  const explore = await open(app);
  const lost = explore.page.getByTestId("explore-lost");
  await expect(lost).toContainText("could not be kept");
  await explore.lines(SMALL);
  await expectAccessible(explore.page, "answers that were lost", "[data-testid=explore]");
  await lost.getByTestId("explore-again").click();
  await explore.finish();
  await expect(lost).toHaveCount(0);
});
