import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder, labIn } from "./lab.test-helper.ts";
import { main } from "./main.ts";

const cwd = folder();

const lab = (argv: readonly string[], input = "") => labIn(cwd, argv, input);

const file = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return name;
};

test("run: call trees, expectations and a summary; 0 when all held", async () => {
  const r = await lab(["run", "-"], "plug d0 v0\nexpect ok\nexpect d0 attached=bypass\n");
  expect(r.status).toBe(0);
  expect(r.stderr).toBe("");
  expect(r.stdout).toContain("> viommu-alloc dev=1 hwpt=3");
  expect(r.stdout).toContain("  held    d0 attached=bypass");
  expect(r.stdout).toMatch(/1 command, 2 expectations held, 0 failed\n$/);
});

test("run: 1 when an expectation failed, with what it got", async () => {
  const r = await lab(["run", "--quiet", "-"], "plug d0 v0\nexpect d0 attached=s2\n");
  expect(r.status).toBe(1);
  expect(r.stdout).toContain("FAILED  d0 attached=s2   (line 2; got attached=bypass)");
});

test("run: 2 for a script error, all of them told, nothing run", async () => {
  const r = await lab(["run", "-"], "plug d0 v0\nplgu d1 v0\ngbpa v0 abrot\n");
  expect(r.status).toBe(2);
  expect(r.stdout).toBe("");
  expect(r.stderr).toBe(
    'standard input:2:1: unknown verb "plgu"; expected a verb; did you mean "plug"?\n' +
      'standard input:3:9: unknown GBPA mode "abrot"; expected abort or bypass; did you mean "abort"?\n',
  );
});

test("run --json: one object a line, the last one the end", async () => {
  const r = await lab(["run", "--json", "-"], "plug d0 v0\nexpect ok\n");
  const lines = r.stdout
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(lines.map((l) => Object.keys(l)[0])).toEqual(["line", "line", "end"]);
  expect(lines[2]).toMatchObject({ end: true, commands: 1, expectations: { held: 1, failed: 0 } });
});

test("run --json: script errors are objects too", async () => {
  const r = await lab(["run", "--json", "-"], "plgu\n");
  expect(r.status).toBe(2);
  expect(JSON.parse(r.stdout)).toMatchObject({ line: 1, column: 1, suggestion: "plug" });
});

test("run: several files; the worst status counts", async () => {
  const good = file("good.lab", "plug d0 v0\nexpect ok\n");
  const failing = file("failing.lab", "expect ok\n");
  const wrong = file("wrong.lab", "plgu\n");
  expect((await lab(["run", good, good])).status).toBe(0);
  expect((await lab(["run", failing, good])).status).toBe(1);
  const r = await lab(["run", wrong, failing, good]);
  expect(r.status).toBe(2);
  // The files that are right were run all the same.
  expect(r.stdout).toContain("== good.lab");
  const json = await lab(["run", "--json", good, failing]);
  expect(json.stdout.split("\n").filter((l) => l.startsWith('{"file"'))).toHaveLength(2);
});

test("fmt prints canonically, --check names files, --write writes", async () => {
  const r = await lab(["fmt", "-"], "plug  d0 v0   hot bdf=1:0.0\r\n");
  expect(r).toMatchObject({ status: 0, stdout: "plug d0 v0 bdf=01:00.0 hot\n" });
  const ugly = file("ugly.lab", "plug   d0 v0\n");
  expect(await lab(["fmt", "--check", ugly])).toMatchObject({ status: 1, stdout: "ugly.lab\n" });
  expect((await lab(["fmt", "--write", ugly])).status).toBe(0);
  expect(readFileSync(join(cwd, ugly), "utf8")).toBe("plug d0 v0\n");
  expect(await lab(["fmt", "--check", ugly])).toMatchObject({ status: 0, stdout: "" });
});

test("help: overview, verb, subcommand, reference", async () => {
  expect((await lab(["help"])).stdout).toContain("lab run FILE…");
  expect((await lab(["help", "plug"])).stdout).toContain("plug DEVICE VSMMU");
  expect((await lab(["help", "run"])).stdout).toContain("--json");
  expect((await lab(["run", "--help"])).stdout).toContain("--json");
  expect((await lab(["help", "--markdown"])).stdout).toContain("# The lab script");
});

test.each([
  [[], "Usage:"],
  [["rnu"], 'did you mean "run"?'],
  [["run"], "needs a FILE"],
  [["run", "--jsno", "-"], "did you mean --json?"],
  [["run", "absent.lab"], "absent.lab: no such file"],
  [["run", "."], "is a directory"],
  [["help", "plgu"], 'did you mean "plug"?'],
  [["fmt", "--write", "-"], "cannot write standard input"],
])("usage error %j", async (argv, told) => {
  const r = await lab(argv);
  expect(r.status).toBe(2);
  expect(r.stderr).toContain(told);
});

test("text that is no UTF-8 is refused", async () => {
  writeFileSync(join(cwd, "latin.lab"), Uint8Array.of(0x23, 0xe4, 0x0a));
  expect(await lab(["run", "latin.lab"])).toMatchObject({
    status: 2,
    stderr: "lab: latin.lab: not UTF-8 text\n",
  });
});

test("a bug in the lab itself has its own status", async () => {
  const status = await main(["run", "-"], {
    stdin: {
      [Symbol.asyncIterator](): never {
        throw new Error("boom");
      },
    },
    stdout: { write: () => {} },
    stderr: { write: () => {} },
    cwd,
  });
  expect(status).toBe(3);
});

test("compare: 0 without a difference, 1 with one, 2 for a wrong side", async () => {
  const claim = file("claim.lab", "plug d0 v0\nplug d1 v0 hot\n");
  expect((await lab(["compare", claim, "--a", "kernel=7.1", "--b", "kernel=7.1"])).status).toBe(0);
  const r = await lab(["compare", claim, "--a", "kernel=6.17", "--b", "kernel=7.3"]);
  expect(r.status).toBe(1);
  expect(r.stdout).toContain("Knob vdevice (a: all-nested, b: translate-only)");
  // One side alone is held against the script as written.
  expect((await lab(["compare", claim, "--a", "fix=D1"])).stdout).toContain("a: as-written\nb: fix=D1");
  // A side may be told in several parts.
  const parts = await lab(["compare", claim, "--a", "qemu=v6", "--b", "qemu=v6", "--b", "fix=D1"]);
  expect(parts.stdout).toContain("b: qemu=v6 fix=D1");
  const wrong = await lab(["compare", claim, "--a", "kernle=7.3"]);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('--a: unknown setting "kernle"; did you mean "kernel"?');
  expect((await lab(["compare", claim])).stderr).toContain("needs --a and --b");
});

test("compare --json: an object a command and expectation, the first difference at the end", async () => {
  const script = file("json.lab", "plug d0 v0\nexpect ok\n");
  const r = await lab(["compare", "--json", script, "--a", "kernel=6.17", "--b", "kernel=7.3"]);
  const lines = r.stdout
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l));
  expect(lines[0]).toMatchObject({ line: 1, text: "plug d0 v0", same: false });
  expect(lines[1]).toEqual({ line: 2, expect: "ok", held: [false, true] });
  expect(lines[2]).toMatchObject({
    end: true,
    sides: ["kernel=6.17", "kernel=7.3"],
    commands: 1,
    different: 1,
    first: {
      line: 1,
      knobs: [{ layer: "kernel", key: "vdevice", values: ["all-nested", "translate-only"] }],
    },
  });
});

test("draw: every form, any step, the session in the SVG", async () => {
  const script = file("draw.lab", 'title "two & more"\nplug d0 v0\nmachine-start\ngbpa v0 abort\n');
  expect((await lab(["draw", script])).stdout).toContain("HWPT 5 abort (2) ======*");
  expect((await lab(["draw", script, "--step", "1"])).stdout).toContain("HWPT 6 bypass (2) =====*");
  expect((await lab(["draw", script, "--as", "mermaid"])).stdout).toMatch(/^flowchart TB\n/);
  expect((await lab(["draw", script, "--as", "dot"])).stdout).toMatch(/^digraph lab/);
  const svg = (await lab(["draw", script, "--as", "svg", "--theme", "dark"])).stdout;
  expect(svg).toContain('<session xmlns="urn:vsmmu-lab:session">lab1:');
  expect(svg).toContain("<title>two &amp; more</title>");
  expect((await lab(["draw", script, "--as", "calls"])).stdout).toContain("smmuv3_accel_attach_gbpa_hwpt");
  const mail = (await lab(["draw", script, "--as", "mail", "--link", "https://lab.example/#old"])).stdout;
  expect(mail).toContain("https://lab.example/#lab1:");
  expect((await lab(["draw", script, "--as", "diff"])).stdout).toContain("d0 attached");
});

test.each([
  [["--as", "png"], 'unknown form "png"'],
  [["--step", "9"], "--step 9: the script has 1 command"],
  [["--theme", "blue"], "--theme is light or dark"],
])("draw %s: a usage error", async (argv, message) => {
  const script = file("one.lab", "plug d0 v0\n");
  const r = await lab(["draw", script, ...argv]);
  expect(r.status).toBe(2);
  expect(r.stderr).toContain(message);
});

test("review: 0 while claims hold, 1 when one is broken, 2 for another file", async () => {
  const text = (claim: string) =>
    `---\nformat: vsmmu-lab-review/1\ntitle: T\n---\n\n## One\n\n\`\`\`lab\nplug d0 v0\n\`\`\`\n\n\`\`\`claim\nexpect d0 attached=${claim}\n\`\`\`\n`;
  const good = await lab(["review", file("good.md", text("bypass"))]);
  expect(good).toMatchObject({ status: 0, stdout: "T\n  held     1. One\n1 step, 1 held\n" });
  const broken = await lab(["review", "--json", file("broken.md", text("abort"))]);
  expect(broken.status).toBe(1);
  expect(JSON.parse(broken.stdout.split("\n")[0] ?? "")).toMatchObject({ step: 1, judgement: "broken" });
  expect((await lab(["review", file("none.md", "hello")])).status).toBe(2);
  expect((await lab(["review", "--mail", "good.md"])).stdout).toContain("    [held]");
});
