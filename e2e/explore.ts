// The Explore place as a reader finds it: a question, its answers, and the way to one of them.
import type { Locator, Page } from "@playwright/test";
import { Lab } from "./lab.ts";
import { expect } from "./support/app.ts";

const OVER = /Partial|Every reachable|Reached/;
/** Milliseconds that a small search may take on a busy machine. */
export const SEARCH = 60_000;

export class Explore {
  readonly lab: Lab;
  readonly page: Page;
  readonly place: Locator;

  constructor(lab: Lab) {
    this.lab = lab;
    this.page = lab.page;
    this.place = lab.page.getByTestId("explore");
  }

  get status(): Locator {
    return this.page.getByTestId("explore-status");
  }

  get way(): Locator {
    return this.page.getByTestId("explore-way");
  }

  field(name: string): Locator {
    return this.place.getByRole("textbox", { name, exact: true });
  }

  /** Own lines instead of a preset: small spaces are searched at once. */
  async lines(text: string): Promise<void> {
    await this.place.getByRole("radio", { name: /^Own lines/ }).check();
    await this.field("Lines that are tried").fill(text);
  }

  async start(): Promise<void> {
    await this.page.getByTestId("explore-start").click();
  }

  async finish(): Promise<void> {
    await expect(this.status).toContainText(OVER, { timeout: SEARCH });
  }
}

export async function openExplore(app: Parameters<typeof Lab.open>[0], path = ""): Promise<Explore> {
  const lab = await Lab.open(app, path);
  await lab.page.getByRole("button", { name: "Explore", exact: true }).click();
  const explore = new Explore(lab);
  await expect(explore.place).toBeVisible();
  return explore;
}

/** Few states, and two promises that break. */
export const SMALL = "plug d0 v0\nplug d1 v0\nunplug d0\nunplug d1\ngbpa v0 abort\ngbpa v0 bypass";
