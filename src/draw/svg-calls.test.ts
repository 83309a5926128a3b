import { expect, test } from "vitest";
import { Session } from "../script/session.ts";
import { CALL_LANES, callLines } from "./call-lines.ts";
import { drawSvgCalls } from "./svg-calls.ts";

function step(text: string) {
  const opened = Session.open(text);
  if (!opened.ok) throw new Error(opened.problems[0]?.message);
  const { setup, text: command } = opened.value.current;
  return { setup, command, trace: opened.value.outcome()?.trace ?? [] };
}

test("a failed host call says its errno, and which rule refused it", () => {
  const { setup, trace } = step("kernel 6.17\nplug d0 v0\n");
  const failed = callLines(setup, trace).filter((l) => l.errno !== null);
  // The bypass attach at set needs a vDEVICE before 6.19; VFIO and QEMU pass the refusal on.
  expect(failed.some((l) => l.label.startsWith("attach ") && l.errno === "ENOENT")).toBe(true);
  expect(failed.some((l) => l.rules.some((id) => id.startsWith("K-NATT")))).toBe(true);
});

test("arrows join the lanes of caller and called", () => {
  const { setup, trace } = step("plug d0 v0\n");
  const lane = (id: string) => CALL_LANES.findIndex((l) => l.id === id);
  const alloc = callLines(setup, trace).find((l) => l.label.startsWith("viommu-alloc"));
  expect([alloc?.from, alloc?.to]).toEqual([lane("qemu-accel"), lane("iommufd")]);
});

test("the diagram is one file with its command, and the same bytes each time", () => {
  const draw = () => {
    const { setup, command, trace } = step("plug d0 v0\nmachine-start\ngbpa v0 abort\n");
    return drawSvgCalls(setup, command, trace, { embed: "lab1:x&end" });
  };
  expect(draw()).toBe(draw());
  expect(draw()).toContain("<title>gbpa v0 abort</title>");
  expect(draw()).toContain("smmuv3_accel_attach_gbpa_hwpt");
  expect(draw()).toContain("lab1:x&amp;end");
});
