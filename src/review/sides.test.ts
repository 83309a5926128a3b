import { expect, test } from "vitest";
import { parse } from "../script/parse.ts";
import { applySide, parseSide } from "./sides.ts";

const side = (text: string) => {
  const r = parseSide(text);
  if (!r.ok) throw new Error(r.problems.join("; "));
  return r.value;
};
const script = (text: string) => {
  const r = parse(text);
  if (!r.ok) throw new Error(r.problems[0]?.message);
  return r.value;
};
const setupUnder = (text: string, how: string) => {
  const r = applySide(script(text), side(how));
  if (!r.ok) throw new Error(r.problems.join("; "));
  return r.value.setup;
};

test.each([
  ["kernel=6.17", "kernel=6.17"],
  ["qemu=v4, fix=D1,D3", "qemu=v4 fix=D1,D3"],
  ["vmid=viommu+tag kernel=7.3", "kernel=7.3 vmid=viommu+tag"],
  ["veventq=no", "kernel.veventq=no"],
  ["veventq=off", "qemu.veventq=off"],
  ["fix=none", "fix=none"],
  ["", "as-written"],
])("%s is the side %s, which reads as itself", (given, canonical) => {
  expect(side(given).text).toBe(canonical);
  expect(side(canonical)).toEqual(side(given));
});

test.each([
  ["kernle=7.3", 'unknown setting "kernle"; did you mean "kernel"?'],
  ["vmid=s3", 'vmid= takes s2, viommu+tag, viommu-only, not "s3"'],
  ["kernel=", '"kernel=" is no setting'],
])("%s is refused: %s", (given, message) => {
  const r = parseSide(given);
  expect(r.ok).toBe(false);
  expect(r.ok ? "" : r.problems.join()).toContain(message);
});

test("a side replaces what it names and leaves the rest as written", () => {
  const text = 'title "x"\nkernel 7.3 vmid=viommu+tag\nqemu v6\nfix D1\nplug d0 v0\n';
  expect(setupUnder(text, "as-written")).toEqual(script(text).setup);
  const other = setupUnder(text, "kernel=6.17");
  // Another release comes without the knobs that were set on the old one.
  expect(other.kernel).toMatchObject({ name: "6.17", vmid: "s2", vdevice: "all-nested" });
  expect(other.qemu.name).toBe("v6");
  expect(other.repairs).toEqual(["set-attaches"]);
  expect(setupUnder(text, "vdevice=none").kernel).toMatchObject({
    name: "7.3",
    vmid: "viommu+tag",
    vdevice: "none",
  });
  expect(setupUnder(text, "fix=none").repairs).toEqual([]);
  expect(setupUnder(text, "fix=D3,D5").repairs).toEqual(["smmuen-edge", "gbpa-guard"]);
  expect(setupUnder("plug d0 v0\n", "qemu=v5 gbpa-write=off").qemu).toMatchObject({
    name: "v5",
    gbpaWrite: false,
  });
});

test("a release that the lab does not know is a problem, not an exception", () => {
  const r = applySide(script("plug d0 v0\n"), side("kernel=5.4"));
  expect(r.ok).toBe(false);
  expect(r.ok ? "" : r.problems[0]).toContain("5.4");
});
