import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { deflateSync } from "fflate";
import { expect, test } from "vitest";
import { Session } from "../../script/session.ts";
import { toBase64url } from "./base64url.ts";
import { crc32 } from "./crc32.ts";
import { DICTIONARY_1 } from "./dictionary-1.ts";
import { isShareLink, MOST_CHARACTERS, readLink, writeLink } from "./link.ts";
import { openShare, type Share, shareOf, weigh } from "./share.ts";

function session(text: string): Session {
  const s = Session.open(text);
  if (!s.ok) throw new Error(s.problems[0]?.message);
  return s.value;
}
function share(link: string): Share {
  const r = readLink(link);
  if (!r.ok) throw new Error(r.problems.join());
  return r.value;
}
function opened(link: string): Session {
  const r = openShare(share(link));
  if (!r.ok) throw new Error(r.problems.join());
  return r.value;
}
const problemsOf = (link: string): string => {
  const r = readLink(link);
  return r.ok ? "" : r.problems.join(" ");
};

const folder = new URL("../../../content/scenarios/", import.meta.url);

test.each(readdirSync(folder))("%s comes back from its link, byte for byte", (file) => {
  const s = session(readFileSync(new URL(file, folder), "utf8"));
  const link = writeLink(shareOf(s));
  expect(link).toMatch(/^[A-Za-z0-9\-_.~!$&'()*+,;=:@/?%]+$/);
  expect(opened(link).data()).toEqual(s.data());
  expect(writeLink(shareOf(opened(link)))).toBe(link);
});

test("a short script can be read in its link", () => {
  const link = writeLink(shareOf(session("plug d0 v0\ncr0 v0 +smmuen\nexpect d0 attached=bypass\n")));
  expect(link).toMatch(/^lab1:plug\+d0\+v0;cr0\+v0\+%2Bsmmuen;expect\+d0\+attached=bypass&end=[0-9a-z]{7}$/);
});

test("a link may be written by hand", () => {
  expect(opened("#lab1:plug+d0+v0;gbpa+v0+abort&end").script()).toBe("plug d0 v0\ngbpa v0 abort\n");
});

test("branches, labels, header edits, position, view and note come back", () => {
  const s = session('title "a; b & c"\nplug d0 v0\nmachine-start\ngbpa v0 abort\n');
  s.goTo(2);
  s.append("gbpa v0 bypass\nexpect ok");
  s.relabel(s.current.id, "the other way");
  s.goTo(2);
  s.append("# “quoted” – a note in UTF-8 ≠ ASCII");
  s.editHeader('title "again"\nkernel 6.17\n');
  s.goTo(3);
  const view = { select: "device.0", tab: "diff" };
  const link = writeLink(shareOf(s, view, "two\nlines & a ;"));
  expect(link).toMatch(/^lab1z:/);
  expect(share(link)).toMatchObject({ view, note: "two\nlines & a ;" });
  expect(opened(link).data()).toEqual(s.data());
});

const LINES = [
  "plug d0 v0",
  "plug d1 v0 hot",
  "unplug d0",
  "gbpa v0 abort",
  "gbpa v0 bypass",
  "reset",
  "cr0 v0 +smmuen",
  "ste v0 0x100 translate",
  "cfgi v0 all",
  "dma d0 iova=0x1000 write",
  "# a remark; with & signs = and “quotes”",
  'expect error ~ "x y"',
  "",
];

test("any session comes back from its link, and every way to cut the link is seen", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...LINES), fc.nat(100)), { maxLength: 25 }),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.nat(10_000),
      (moves, note, cut) => {
        const s = session("");
        for (const [line, back] of moves) {
          if (back < 30) s.goTo(back % s.size);
          s.append(line);
        }
        const link = writeLink(shareOf(s, {}, note.replace(/\p{Surrogate}/gu, "")));
        expect(opened(link).data()).toEqual(s.data());
        // A readable link that ends in a bare `&end` has lost nothing but its checksum.
        const kept = link.slice(0, cut % link.length);
        if (!kept.endsWith("&end") && !kept.endsWith("&end=")) expect(problemsOf(kept)).not.toBe("");
      },
    ),
    { numRuns: 60 },
  );
});

test("200 actions fit into 700 characters", () => {
  // A long afternoon with three devices: what comes next is drawn, so that nothing repeats by design.
  let seed = 7;
  const draw = (n: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((seed / 0x8000_0000) * n);
  };
  const sid = ["0x100", "0x108", "0x200"];
  const ste = ["abort", "bypass", "translate", "invalid"];
  const lines = Array.from({ length: 200 }, () => {
    const d = draw(3);
    const v = draw(2);
    return [
      `plug d${d} v${v}`,
      `unplug d${d}`,
      `gbpa v${v} ${draw(2) === 0 ? "abort" : "bypass"}`,
      `ste v${v} ${sid[d]} ${ste[draw(4)]}`,
      `cfgi v${v} ${sid[d]}`,
      `cr0 v${v} ${draw(2) === 0 ? "+" : "-"}smmuen`,
      `dma d${d} iova=0x${(1 + draw(4)).toString(16)}000 write`,
      "reset",
    ][draw(8)];
  });
  const link = writeLink(shareOf(session(`${lines.join("\n")}\n`)));
  expect(link.length).toBeLessThanOrEqual(700);
});

test.each([
  ["lab2:plug+d0+v0&end", "format 2, made by a newer lab"],
  ["lab0:plug&end", "no link format 0"],
  ["hello", "not a link of the lab"],
  ["lab1:plug+d0+v0", "cut short"],
  ["lab1:plug+d0+v0&end=123", "cut short"],
  ["lab1:plug+d0+v0&end=0000000", "checksum does not fit"],
  ["lab1:%zz&end", "checksum does not fit"],
  ["lab1:plug+d0+v0&evil=<b>&end", "“evil” is no part of a link"],
  ["lab1z:AAAA", "cut short"],
  ["lab1z:!!!!.0000000", "checksum does not fit"],
  [`lab1:${"a".repeat(MOST_CHARACTERS)}&end`, "characters, more than any the lab makes"],
])("%.40s is refused: %s", (link, message) => {
  expect(problemsOf(link)).toContain(message);
});

test("what is not the lab's own grammar is not played", () => {
  const r = openShare(share("lab1:plug+d0+v0;rm+-rf+x&end"));
  expect(r.ok).toBe(false);
  expect(r.ok ? "" : r.problems.join()).toContain('unknown verb "rm"');
});

test("a title is text, whatever it looks like", () => {
  const s = session('title "<img src=x onerror=alert(1)>"\nplug d0 v0\n');
  expect(opened(writeLink(shareOf(s))).setup.title).toBe("<img src=x onerror=alert(1)>");
});

const packed = (bytes: Uint8Array): string => {
  const z = deflateSync(bytes, { level: 9, dictionary: DICTIONARY_1 });
  return `lab1z:${toBase64url(z)}.${crc32(z).toString(36).padStart(7, "0")}`;
};

test("a link that unpacks to hundreds of megabytes is stopped on the way", () => {
  expect(problemsOf(packed(new Uint8Array(12 << 20).fill(97)))).toContain("more than 8 MB");
});

test("many steps are asked about before they are played, too many are refused", () => {
  const line = new TextEncoder().encode("$\nreset\n=");
  const steps = (n: number): string =>
    packed(Uint8Array.from([...line, 0, 0, ...new Array<number>(n).fill(1), 2]));
  expect(weigh(share(steps(100)))).toMatchObject({ steps: 100, question: null, refused: null });
  expect(weigh(share(steps(5_000))).question).toContain("5,000 steps");
  expect(weigh(share(steps(1_000_000))).refused).toContain("1,000,000 steps");
});

test("fuzz: no characters make the reader throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
      for (const link of [text, `lab1:${text}`, `lab1z:${text}`, packed(bytes)]) {
        const r = readLink(link);
        if (r.ok) weigh(r.value);
        else expect(r.problems.length).toBeGreaterThan(0);
      }
    }),
  );
});

test("isShareLink tells shares from views", () => {
  expect(isShareLink("#lab1:plug")).toBe(true);
  expect(isShareLink("#lab7z:x")).toBe(true);
  expect(isShareLink("#v=1&step=2")).toBe(false);
});

interface Fixture {
  readonly what: string;
  readonly link: string;
  readonly script: string;
  readonly at: number;
  readonly size: number;
  readonly view: Record<string, string>;
  readonly note: string;
}
const fixtures = JSON.parse(
  readFileSync(new URL("links.fixture.json", import.meta.url), "utf8"),
) as readonly Fixture[];

test.each(fixtures)("a link that was given out opens for ever: $what", (f) => {
  const s = opened(f.link);
  expect(s.script()).toBe(f.script);
  expect(s.current.id).toBe(f.at);
  expect(s.size).toBe(f.size);
  expect(share(f.link)).toMatchObject({ view: f.view, note: f.note });
});
