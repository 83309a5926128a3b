import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Session } from "../../script/session.ts";
import { playReview, tally } from "./play.ts";
import { claimsHere, EMPTY_RECORDING, recordStep } from "./record.ts";
import { parseReview, printReview, type Review } from "./review.ts";
import { reviewMail } from "./review-mail.ts";

function review(text: string): Review {
  const r = parseReview(text);
  if (!r.ok) throw new Error(r.problems.join("; "));
  return r.value;
}
const problems = (text: string): string => {
  const r = parseReview(text);
  return r.ok ? "" : r.problems.join(" ");
};
const head = "---\nformat: vsmmu-lab-review/1\ntitle: T\nabout: A\n---\n";
const folder = new URL("../../../content/reviews/", import.meta.url);
const shipped = readdirSync(folder).filter((f) => f.endsWith(".md"));

test.each(shipped)("%s: every claim holds", (file) => {
  const played = playReview(review(readFileSync(new URL(file, folder), "utf8")));
  for (const m of played.moments)
    expect([m.step.title, m.judgement, m.reasons]).toEqual([m.step.title, "held", []]);
});

test.each(shipped)("%s: reads back as it is printed, and fits into a mail of 72 columns", (file) => {
  const one = review(readFileSync(new URL(file, folder), "utf8"));
  expect(review(printReview(one))).toEqual(one);
  const mail = reviewMail(playReview(one));
  expect(mail).toBe(reviewMail(playReview(one)));
  expect(mail.split("\n").filter((l) => l.length > 72 || l !== l.trimEnd())).toEqual([]);
});

test("the tour has every divergence, and every repair that exists", () => {
  const tour = review(readFileSync(new URL("divergences.md", folder), "utf8"));
  const titles = tour.steps.map((s) => s.title);
  for (const n of [...Array.from({ length: 24 }, (_, i) => String(i + 1)), "4b"])
    expect(titles.some((t) => t.startsWith(`D${n}:`))).toBe(true);
  for (const n of ["1", "2", "3", "4", "4b", "5", "6", "14", "15"])
    expect(titles.some((t) => t.startsWith(`D${n} repaired`))).toBe(true);
});

const step = (more: string): string => `${head}\n## One\n\nProse.\n\n${more}`;

test("a step goes on from the one before, unless it begins anew", () => {
  const p = playReview(
    review(
      `${head}\n## a\n\n\`\`\`lab\nplug d0 v0\n\`\`\`\n\n## b\n\n\`\`\`lab\nmachine-start\n\`\`\`\n\n## c\n\n\`\`\`lab fresh\nkernel 6.17\n\`\`\`\n`,
    ),
  );
  expect(p.moments.map((m) => p.session.script(m.node))).toEqual([
    "plug d0 v0\n",
    "plug d0 v0\nmachine-start\n",
    "kernel 6.17\n",
  ]);
  expect(tally(p.moments)).toBe("no claims");
});

test("a claim is held, stale or broken", () => {
  const claim = (info: string, line: string) =>
    playReview(review(step(`\`\`\`lab\nplug d0 v0\n\`\`\`\n\n\`\`\`${info}\n${line}\n\`\`\`\n`))).moments[0];
  const held = claim("claim", "expect d0 attached=bypass");
  expect(held?.judgement).toBe("held");
  expect(claim(`claim seen=${held?.seen}`, "expect d0 attached=bypass")?.judgement).toBe("held");
  expect(claim("claim seen=0000000", "expect d0 attached=bypass")?.judgement).toBe("stale");
  const broken = claim("claim", "expect d0 attached=abort");
  expect(broken?.judgement).toBe("broken");
  expect(broken?.reasons.join()).toContain("bypass");
});

test("a step that cannot be played is broken with its reason, and so are those that go on from it", () => {
  const p = playReview(
    review(
      `${head}\n## a\n\n\`\`\`lab\nplgu d0\n\`\`\`\n\n## b\n\n\`\`\`lab\nreset\n\`\`\`\n\n## c\n\n\`\`\`lab fresh\nreset\n\`\`\`\n`,
    ),
  );
  expect(p.moments.map((m) => m.judgement)).toEqual(["broken", "broken", "none"]);
  expect(p.moments[0]?.reasons[0]).toContain('unknown verb "plgu"');
  expect(p.moments[1]?.reasons[0]).toContain("step before");
});

test.each([
  ["", "no review"],
  ["---\nformat: vsmmu-lab-review/9\n---\n## a\n", "format vsmmu-lab-review/9"],
  [head, "has no step"],
  [`${head}text\n## a\n`, "text before the first step"],
  [step("```lab\nplug d0 v0\n"), "has no end"],
  [step("```claim\nplug d0 v0\n```\n"), "a claim holds expect lines"],
  [step("```view\nselect\n```\n"), "no part of a view"],
  [step("```lab\n```\n```lab\n```\n"), "a second lab block"],
])("a wrong review is refused: %#", (text, message) => {
  expect(problems(text)).toContain(message);
});

test("other code blocks are prose", () => {
  expect(review(step("```c\nint x;\n```\n")).steps[0]?.prose).toBe("Prose.\n\n```c\nint x;\n```");
});

test("any review reads back as it is printed", () => {
  const line = fc.constantFrom("a", "", "`b`", "- c", "> d");
  const text = fc.array(line, { maxLength: 4 }).map((l) => l.join("\n").replace(/^\n+|\s+$/g, ""));
  const steps = fc.array(
    fc.record({
      title: fc.constantFrom("One", "Two: `x`", "#3"),
      prose: text,
      script: fc.constantFrom("", "plug d0 v0", "gbpa v0 abort\n# said"),
      fresh: fc.boolean(),
      claim: fc.constantFrom("", "expect ok"),
      seen: fc.constant(null),
      view: fc.constantFrom({}, { select: "d1", tab: "diff" }),
      notes: text,
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(steps, (made) => {
      const one = { title: "T", about: "", steps: made.map((s, i) => ({ ...s, fresh: s.fresh || i === 0 })) };
      expect(review(printReview(one))).toEqual(one);
    }),
  );
});

test("recording takes the script since the step before; another branch begins anew", () => {
  const opened = Session.open("plug d0 v0\nmachine-start\n");
  if (!opened.ok) throw new Error("unreadable");
  const s = opened.value;
  const told = { prose: "p", notes: "", view: { select: "d0" } };
  let r = recordStep(EMPTY_RECORDING, s, { ...told, title: "Boot", claim: claimsHere(s).join("\n") });
  s.append("gbpa v0 abort");
  r = recordStep(r, s, { ...told, title: "Abort", claim: "d0 attached=abort" });
  s.goTo(1);
  s.append("gbpa v0 abort");
  r = recordStep(r, s, { ...told, title: "Elsewhere", claim: "" });
  expect(r.review.steps.map((x) => [x.script, x.fresh])).toEqual([
    ["plug d0 v0\nmachine-start", true],
    ["gbpa v0 abort", false],
    ["plug d0 v0\ngbpa v0 abort", true],
  ]);
  expect(r.review.steps[0]?.claim).toBe(
    "expect d0 attached=bypass legal=pass-bypass dma=pass-bypass diverges=no",
  );
  // What was recorded holds at once, also after a way through a file.
  const again = playReview(review(printReview({ ...r.review, title: "R" })));
  expect(again.moments.map((m) => m.judgement)).toEqual(["held", "held", "none"]);
});

test("a whole review is one mail: prose, steps with calls, claims with their standing", () => {
  const mail = reviewMail(
    playReview(review(readFileSync(new URL("gbpa-reset.md", folder), "utf8"))),
    "https://lab.example/#x",
  );
  expect(mail).toMatch(/^GBPA and reset: when the global mode is attached\n=+\n/);
  expect(mail).toContain("8 steps; claims: 8 held.");
  expect(mail).toContain("    qemu v4\n");
  expect(mail).toContain("    [held]");
  expect(mail).toMatch(/Open it:\nhttps:\/\/lab\.example\/#x\n$/);
});
