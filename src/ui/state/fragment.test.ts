import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFragment, printFragment, type View } from "./fragment.ts";
import { PAGE_IDS } from "./pages.ts";
import { PLACES, TIMELINE_TABS } from "./prefs-store.ts";
import { parseSubjectKey, type Subject, subjectKey } from "./selection-store.ts";

const small = fc.nat(999);
const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("device" as const, "pste" as const, "accel-device" as const),
    dev: small,
  }),
  fc.record({ kind: fc.constantFrom("vsmmu" as const, "accel" as const), v: small }),
  fc.record({ kind: fc.constant("object" as const), file: small, id: small }),
  fc.record({ kind: fc.constant("psmmu" as const), p: small }),
  fc.record({ kind: fc.constant("ste" as const), v: small, sid: fc.nat(0xffff_ffff) }),
);
const view: fc.Arbitrary<View> = fc.record(
  {
    step: fc.nat(999_999_999),
    select: subject,
    tab: fc.constantFrom(...TIMELINE_TABS),
    place: fc.constantFrom(...PLACES),
    page: fc.constantFrom(...PAGE_IDS),
    at: fc.constantFrom("practice", "lesson.03-viommu.2", "challenge.leak-a-viommu", "lesson.own_1"),
  },
  { requiredKeys: [] },
);

describe("the address of a view", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(view, (given) => {
        expect(parseFragment(printFragment(given))).toEqual({ view: given, problems: [] });
      }),
    );
  });

  test("a link of version 1 keeps its meaning", () => {
    expect(parseFragment("#v=1&step=4&select=ste.0.108&tab=diff&place=inspector")).toEqual({
      view: { step: 4, select: { kind: "ste", v: 0, sid: 0x108 }, tab: "diff", place: "inspector" },
      problems: [],
    });
  });

  test("nothing after # is no view and no problem", () => {
    expect(parseFragment("")).toEqual({ view: {}, problems: [] });
    expect(parseFragment("#")).toEqual({ view: {}, problems: [] });
  });

  test("every part that cannot be read is reported, and the others still count", () => {
    const { view: read, problems } = parseFragment("#v=1&step=-1&select=elephant.2&tab=calls&colour=red");
    expect(read).toEqual({ tab: "calls" });
    expect(problems).toHaveLength(3);
  });

  test("another version is reported and not guessed at", () => {
    expect(parseFragment("#v=2&step=1").view).toEqual({});
    expect(parseFragment("#v=2&step=1").problems).toHaveLength(1);
    expect(parseFragment("#step=1").problems).toHaveLength(1);
  });

  test("arbitrary text never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseFragment(`#${text}`)));
  });
});

describe("the key of a subject", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(subject, (given) => {
        expect(parseSubjectKey(subjectKey(given))).toEqual(given);
      }),
    );
  });

  test.each([
    "",
    "device",
    "device.x",
    "device.1.2",
    "object.1",
    "ste.0",
    "ste.0.zz",
    "pste.1.2.3",
    "device.-1",
  ])("%j names nothing", (key) => expect(parseSubjectKey(key)).toBeNull());
});
