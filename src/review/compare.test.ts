import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "../script/parse.ts";
import { type Comparison, compare } from "./compare.ts";
import { comparisonText } from "./compare-text.ts";
import { parseSide } from "./sides.ts";

function compared(text: string, ...sides: string[]): Comparison {
  const script = parse(text);
  if (!script.ok) throw new Error(script.problems[0]?.message);
  const read = sides.map((s) => {
    const r = parseSide(s);
    if (!r.ok) throw new Error(r.problems.join());
    return r.value;
  });
  const c = compare(script.value, read);
  if (!c.ok) throw new Error(c.problems.join());
  return c.value;
}
const scenario = (name: string): string =>
  readFileSync(new URL(`../../content/scenarios/${name}.lab`, import.meta.url), "utf8");

test("equal sides never differ", () => {
  const c = compared(scenario("T01"), "as-written", "as-written");
  expect(c.first).toBeNull();
  expect(c.steps.every((s) => s.differences.length === 0)).toBe(true);
  expect(comparisonText(c)).toContain("No difference after any of 1 command.");
});

test("6.17 against 7.3: the bypass attach at set, refused by the vDEVICE rule", () => {
  const c = compared("plug d0 v0\n", "kernel=6.17", "kernel=7.3");
  expect(c.first?.step.text).toBe("plug d0 v0");
  expect(c.first?.step.differences[0]).toEqual({ what: "errno", aspect: "result", values: ["ENOENT", "ok"] });
  expect(c.first?.knobs.map((k) => [k.key, k.values])).toEqual([
    ["vdevice", ["all-nested", "translate-only"]],
  ]);
  // The attach is judged by arm_smmu_attach_prepare_vmaster, on both sides.
  expect(c.first?.rules.map((r) => r?.id.replace(/-\d+$/, ""))).toEqual(["K-NATT", "K-NATT"]);
});

test("a repair of D1 shows in DMA when the second device is plugged", () => {
  const c = compared(scenario("d01-second-device"), "as-written", "fix=D1");
  expect(c.firstDma?.text).toBe("plug d1 v0 hot");
  expect(c.firstDma?.differences).toContainEqual({
    what: "d1 dma",
    aspect: "dma",
    values: ["pass-s2", "abort"],
  });
  expect(c.first?.rules[0]?.id).toBe("Q-SET-4");
  expect(c.first?.knobs.map((k) => k.key)).toEqual(["D1"]);
  const torn = c.expectations.filter((e) => e.held[0] !== e.held[1]);
  expect(torn[0]?.text).toBe("d1 attached=s2 legal=abort dma=pass-s2 diverges=D1");
  expect(torn[0]?.held).toEqual([true, false]);
});

test("where two releases differ in many knobs, the one that makes the first difference is named", () => {
  // Both VMIDs are 1 while there is one vIOMMU; with the plan the second vIOMMU gets another.
  const c = compared("plug d0 v0\nplug d1 v1\n", "kernel=next", "kernel=plan-2026");
  expect(c.first?.knobs.map((k) => k.key)).toEqual(["vmid"]);
});

test("where one knob does not make the difference, the two that do are named", () => {
  // v5 attaches nothing nested at plug, so the vDEVICE rule of 6.17 does not meet it.
  const c = compared("plug d0 v0\n", "qemu=v5 kernel=7.3", "qemu=v6 kernel=6.17");
  expect(c.first?.step.differences[0]).toMatchObject({ what: "errno", values: ["ok", "ENOENT"] });
  expect(c.first?.knobs.map((k) => k.key).sort()).toEqual(["set-attach", "vdevice"]);
  expect(c.first?.rules.map((r) => r?.id.replace(/-\d+$/, ""))).toEqual(["Q-SET-NO-ATTACH", "Q-SET"]);
});

test("four sides at once; a fifth is refused", () => {
  const c = compared(scenario("claim-4-gbpa-at-update"), "qemu=v4", "qemu=v5", "qemu=v6", "qemu=11.1");
  const moved = c.steps.find((s) => s.text === "gbpa v0 abort");
  expect(moved?.differences.find((d) => d.what === "d1 attached")?.values).toEqual([
    "s2",
    "abort",
    "abort",
    "abort",
  ]);
  const script = parse("plug d0 v0\n");
  const one = parseSide("");
  if (!script.ok || !one.ok) throw new Error("unreadable");
  expect(
    compare(
      script.value,
      [1, 2, 3, 4, 5].map(() => one.value),
    ).ok,
  ).toBe(false);
  expect(compare(script.value, [one.value]).ok).toBe(false);
});

test("`fresh` holds a difference once, until it changes", () => {
  const c = compared("plug d0 v0\nplug d1 v0\nmachine-start\n", "as-written", "fix=D1");
  const [, second, third] = c.steps;
  expect(second?.fresh.some((d) => d.what === "d1 attached")).toBe(true);
  // machine-start attaches every device on both sides: the difference is gone.
  expect(third?.differences.some((d) => d.what === "d1 attached")).toBe(false);
});

test("the text keeps to 72 columns and does not change from run to run", () => {
  const make = () =>
    comparisonText(compared(scenario("d01-second-device"), "qemu=v4", "qemu=v6", "fix=D1"), { all: true });
  expect(make()).toBe(make());
  expect(
    make()
      .split("\n")
      .filter((l) => l.length > 72),
  ).toEqual([]);
});
