import { expect, it, vi } from "vitest";
import { ScrollTogether } from "./scroll-together.ts";

it("moves the others only while the reader's hand is on one, and never the one itself", () => {
  const together = new ScrollTogether();
  const steps = vi.fn();
  const lines = vi.fn();
  together.join("steps", steps);
  const leave = together.join("lines", lines);
  together.scrolled("steps", 7);
  expect(lines).not.toHaveBeenCalled();
  together.take("steps");
  together.scrolled("steps", 8);
  together.scrolled("lines", 9);
  expect(lines.mock.calls).toEqual([[8]]);
  expect(steps).not.toHaveBeenCalled();
  together.letGo();
  together.scrolled("steps", 10);
  leave();
  together.take("steps");
  together.scrolled("steps", 11);
  expect(lines).toHaveBeenCalledTimes(1);
});
