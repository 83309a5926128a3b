import { expect, test } from "vitest";
import { Session } from "../../../script/session.ts";
import { opensByItself, stepRows } from "./step-rows.ts";

function lastStep(script: string) {
  const opened = Session.open(script);
  if (!opened.ok) throw new Error(opened.problems.map(({ message }) => message).join("; "));
  const outcome = opened.value.outcome();
  if (outcome === null) throw new Error("the last line is no command");
  return { outcome, setup: opened.value.setup };
}

const options = { events: false, nameOf: () => null };

test("a guest sequence has one heading a part, in order", () => {
  const { outcome, setup } = lastStep("plug d0 v0\nguest v0 probe\n");
  const rows = stepRows(outcome, setup, { ...options, isOpen: () => false });
  expect(rows.map(({ row }) => row.label)).toEqual(outcome.parts.map(({ text }) => text));
  expect(opensByItself(outcome)).toBe(false);
});

test("an open part shows what it called, from the guest's lane on", () => {
  const { outcome, setup } = lastStep("plug d0 v0\nguest v0 probe\n");
  const at = outcome.parts.findIndex(({ text }) => text.startsWith("C CFGI_ALL"));
  const rows = stepRows(outcome, setup, { ...options, isOpen: (part) => part === at });
  const first = rows[at + 1];
  expect(rows[at]?.part?.open).toBe(true);
  expect([first?.row.kind, first?.row.from]).toEqual(["call", 0]);
  expect(rows.some(({ row }) => row.label.startsWith("IOMMU_VDEVICE_ALLOC"))).toBe(true);
});

test("a part that called nobody has nothing to unfold", () => {
  const { outcome, setup } = lastStep("plug d0 v0\nguest v0 probe\n");
  const rows = stepRows(outcome, setup, { ...options, isOpen: () => true });
  const store = rows.find(({ row }) => row.label.startsWith("M STE"));
  expect(store?.part?.open).toBeNull();
});
