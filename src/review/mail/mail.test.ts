import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Session } from "../../script/session.ts";
import { mailText, stepDiffText } from "./mail.ts";
import { markdownText } from "./markdown.ts";

function open(text: string): Session {
  const s = Session.open(text);
  if (!s.ok) throw new Error(s.problems[0]?.message);
  return s.value;
}
const folder = new URL("../../../content/scenarios/", import.meta.url);
const SECOND =
  'title "Second device"\n# Why it matters.\nplug d0 v0\nmachine-start\ngbpa v0 abort\nplug d1 v0 hot\nexpect d1 dma=abort\n';

test.each(readdirSync(folder))(
  "%s as a mail: 72 columns, no trailing blanks, the same bytes each time",
  (file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    const mail = mailText(open(text));
    expect(mail).toBe(mailText(open(text)));
    expect(mail.split("\n").filter((l) => l.length > 72 || l !== l.trimEnd())).toEqual([]);
    expect(markdownText(open(text))).toBe(markdownText(open(text)));
  },
);

test("a mail tells setup, prose, numbered steps with calls, expectations, picture, verdict and link", () => {
  const mail = mailText(open(SECOND), { link: "file:///lab.html#lab1:x", note: "Please look." });
  expect(mail).toMatch(
    /^Second device\n\nKernel 7\.3, QEMU 11\.1\.\n\nPlease look\.\n\nWhy it matters\.\n\n1\. {2}plug d0 v0\n/,
  );
  expect(mail).toContain("3.  gbpa v0 abort\n    attach d0 to 5 = 5\n    d0 dma: pass-bypass -> abort");
  expect(mail).toContain("    expect d1 dma=abort: FAILED");
  expect(mail).toContain("HWPT 5 abort");
  expect(mail).toContain("d1: promised abort, gets pass-s2\n  D1, A second device escapes GBPA.");
  expect(mail).toMatch(/Open it:\nfile:\/\/\/lab\.html#lab1:x\n$/);
});

test("a failed call says its errno, in the step and in what it called", () => {
  const mail = mailText(open("kernel 6.17\nplug d0 v0\n"));
  expect(mail).toContain("1.  plug d0 v0 => ENOENT");
  expect(mail.replace(/\s+/g, " ")).toContain("attach d0 to 6 = -1 ENOENT");
});

test("a step's difference names every field that changed", () => {
  const s = open("plug d0 v0\nmachine-start\ngbpa v0 abort\n");
  const text = stepDiffText(s, s.current.id);
  expect(text).toMatch(/^gbpa v0 abort\n {2}attach d0 to 5 = 5\n\n/);
  expect(text).toMatch(/ d0 attached +bypass -> abort\n/);
  expect(text).toMatch(/ v0 gbpa +0x1000 -> 0x100000\n/);
  expect(stepDiffText(s, 0)).toBe("No step was made yet.\n");
});

test("Markdown carries the script, the picture as Mermaid, and nothing that is markup by accident", () => {
  const md = markdownText(open('title "<script>*x*</script>"\nplug d0 v0\n'), {
    link: "https://lab.example/#x",
  });
  expect(md).toContain("## \\<script\\>\\*x\\*\\</script\\>");
  expect(md).toContain("```mermaid\nflowchart TB\n");
  expect(md).toContain("plug d0 v0\n```");
  expect(md).toContain("](https://lab.example/#x)");
});

test("a thousand devices are told, not drawn", () => {
  const devices = Array.from({ length: 30 }, (_, i) => `device d${i} sid=0x${(0x100 + i).toString(16)}`).join(
    "\n",
  );
  expect(mailText(open(`${devices}\nplug d0 v0\n`))).toContain("(30 devices: too many");
});
