import { expect, test } from "vitest";
import { parse } from "./parse.ts";
import { play } from "./play.test-helper.ts";
import { runAll } from "./runner.ts";

/** A device on translate whose vSMMU has an EVENTQ of two records. */
const START = `plug d0 v0
machine-start
strtab v0
ste v0 0x100 translate
cr0 v0 +smmuen +cmdqen
cfgi v0 0x100
write v0 EVENTQ_BASE 0x50000001
cr0 v0 0xd
event p0 f-translation sid=0x100
event p0 f-translation sid=0x100
expect v0 diverges=no
`;

test.each([
  ["D16", "event p0 f-translation sid=0x100\nexpect v0 gerror=0x4 diverges=D16"],
  ["D15", "cr0 v0 0x9\nevent p0 f-translation sid=0x100\nexpect v0 gerror=0x4 diverges=D15"],
])("%s from the host's event alone: full is not the same as disabled", (_id, lines) => {
  const p = parse(START + lines);
  if (!p.ok) throw new Error(JSON.stringify(p.problems));
  const r = runAll(p.value);
  expect([r.held, r.failed]).toEqual([2, 0]);
});

test("X13, D15: the vEVENTQ keeps the first EVENTQ's depth: of a burst of 16 two arrive, and one overflow is told", () => {
  const { last, failed } = play([
    "plug d0 v0",
    "machine-start",
    "ste v0 0x100 translate",
    "write v0 EVENTQ_BASE 0x50000001",
    "cr0 v0 +eventqen",
    "cr0 v0 -eventqen",
    "write v0 EVENTQ_BASE 0x50000007",
    "cr0 v0 +smmuen +eventqen",
    "cfgi v0 0x100",
    "event p0 f-translation sid=0x100 count=16",
    "expect result queued=2",
    "expect events v0 f-translation:0x100 f-translation:0x100",
    "expect v0 eventq_prod=2 gerror=0x0",
    "event p0 f-translation sid=0x100 count=16",
  ]);
  expect(failed).toEqual([]);
  // The second burst overflows too; error_report_once has been used up.
  expect(last.messages).toEqual([]);
  expect(last.result).toMatchObject({ to: "veventq", queued: 2 });
});

test("a burst without a queue to take it is all the host's log's", () => {
  const { last } = play(["plug d0 v0", "machine-start", "event p0 f-translation sid=0x100 count=3"]);
  expect(last.result).toMatchObject({ to: "host-log", queued: 0 });
});
