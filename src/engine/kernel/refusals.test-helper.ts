/** What tests of refused ioctls share: a host with one of each object, and what a refusal must leave alone. */
import { expect } from "vitest";
import { RawHost, type RawSetup } from "./raw-host.ts";

/** IOAS 1, DEVICE 2 of d0, nest parent 3, VIOMMU 4. */
export function base(setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  h.viommu(2, 3);
  return h;
}

/** The call failed with `errno` by rule `rule` and changed nothing. */
export function refused(h: RawHost, run: () => { errno: string | null }, errno: string, rule: string): void {
  const before = h.world.kernel;
  expect(run().errno).toBe(errno);
  expect(h.rules).toContain(rule);
  expect(h.world.kernel).toBe(before);
}
