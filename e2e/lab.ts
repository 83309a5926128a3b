// The page as its user sees it: what a test may press, type and read. Nothing here sleeps: the page says when it has
// painted what it was asked for.
import type { Locator, Page } from "@playwright/test";
import { expect } from "./support/app.ts";

interface App {
  readonly page: Page;
  open(path?: string): Promise<void>;
}

export class Lab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async open(app: App, path = ""): Promise<Lab> {
    await app.open(path);
    const lab = new Lab(app.page);
    await lab.idle();
    return lab;
  }

  /** Waits until the last action is on the screen. */
  async idle(): Promise<void> {
    await this.page.locator("html[data-idle]").waitFor({ state: "attached" });
  }

  get command(): Locator {
    return this.page.getByRole("combobox", { name: "Command" });
  }

  /** Types a line into the console and plays it. */
  async type(line: string): Promise<void> {
    await this.command.fill(line);
    await this.command.press("Escape");
    await this.command.press("Enter");
    await this.idle();
  }

  get strip(): Locator {
    return this.page.getByRole("navigation", { name: "Steps of this line" });
  }

  /** The step that the page shows. */
  get step(): Locator {
    return this.strip.locator('[aria-current="step"]');
  }

  device(name: string): Locator {
    return this.page.getByTestId(`device-${name}`);
  }

  get inspector(): Locator {
    return this.page.getByTestId("inspector");
  }

  tab(name: string): Locator {
    return this.page.getByRole("tab", { name, exact: true });
  }

  /** One step back, with the button. */
  async back(): Promise<void> {
    await this.page.getByRole("button", { name: "Step back" }).click();
    await this.idle();
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
    await this.idle();
  }

  /** Puts the lab on the table that most tests begin with: two vSMMUs, three devices, nothing plugged. */
  async fresh(): Promise<void> {
    await this.page.getByRole("button", { name: "First step" }).click();
    await this.idle();
    await expect(this.step).toHaveText("start");
  }
}
