// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { isViewPart } from "../../review/share/share.ts";
import { parse } from "../../script/parse.ts";
import { parseSubjectKey, type Subject } from "../state/selection-store.ts";
import { subjectOf, subjectWord } from "./view-parts.ts";

const script = parse("device nic0\ndevice nic1 sid=0x108\nvsmmu front\nplug nic0 front\n");
if (!script.ok) throw new Error("unreadable");
const { setup } = script.value;

const SUBJECTS: readonly Subject[] = [
  { kind: "device", dev: 1 },
  { kind: "vsmmu", v: 0 },
  { kind: "psmmu", p: 0 },
  { kind: "object", file: 0, id: 5 },
  { kind: "ste", v: 0, sid: 0x100 },
  { kind: "pste", dev: 1 },
  { kind: "accel", v: 0 },
];

test.each(SUBJECTS)("a selection travels as a word that links may carry: %o", (subject) => {
  const word = subjectWord(setup, subject);
  expect(isViewPart("select", word)).toBe(true);
  expect(subjectOf(setup, word)).toEqual(subject);
});

test("devices and SMMUs travel by name; what names nothing selects nothing", () => {
  expect(subjectWord(setup, { kind: "device", dev: 1 })).toBe("nic1");
  expect(subjectOf(setup, "nobody")).toBeNull();
  expect(parseSubjectKey("nobody")).toBeNull();
});
