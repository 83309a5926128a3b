import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { folder, labIn } from "./lab.test-helper.ts";

vi.setConfig({ testTimeout: 180_000 });

const cwd = folder();
const ONE = "psmmu p0\ndevice d0 psmmu=p0 sid=0x100\nvsmmu v0 bus=pcie.1\n";
const TWO = "psmmu p0\ndevice d0 psmmu=p0 sid=0x100\ndevice d1 psmmu=p0 sid=0x108\nvsmmu v0 bus=pcie.1\n";
writeFileSync(join(cwd, "one.lab"), ONE);
writeFileSync(join(cwd, "two.lab"), TWO);

async function lab(...argv: readonly string[]) {
  const { status, stdout, stderr } = await labIn(cwd, ["explore", ...argv]);
  const json = (): Record<string, unknown>[] =>
    stdout
      .trimEnd()
      .split("\n")
      .map((l) => JSON.parse(l) as Record<string, unknown>);
  return { status, stdout, stderr, json };
}

test("explore: 1 when a promise is broken, with the shortest script; 0 when all hold", async () => {
  const broken = await lab("two.lab", "--invariant", "gbpa-abort");
  expect(broken.status).toBe(1);
  // observed.md, D1: with GBPA.ABORT a device that is plugged second stays on the S2.
  expect(broken.stdout).toMatch(
    /gbpa-abort: BROKEN[\s\S]*after 3 moves[\s\S]*gbpa v0 abort\n {4}plug d\d v0\n/,
  );
  const held = await lab("one.lab", "--invariant", "D1,invariants");
  expect(held.status).toBe(0);
  expect(held.stdout).toContain("D1: holds");
  expect(held.stdout).toContain("every reachable state was seen");
});

test("explore: a counterexample is a script that `run` shows broken", async () => {
  const { json } = await lab("two.lab", "--invariant", "gbpa-abort", "--json");
  const found = json()[0] as { script: string[]; class: string };
  const { stdout } = await labIn(cwd, ["run", "--json", "-"], `${TWO}${found.script.join("\n")}\n`);
  const commands = stdout
    .trimEnd()
    .split("\n")
    .map((l) => JSON.parse(l) as { diverges?: Record<string, string> });
  const shown = commands.slice(0, -1).map((c) => Object.values(c.diverges ?? {}).includes(found.class));
  expect(shown).toEqual([...shown.slice(0, -1).map(() => false), true]);
});

test("explore --json: a line a counterexample, the last one the end", async () => {
  const { json } = await lab("one.lab", "--json");
  const lines = json();
  const end = lines.at(-1);
  expect(end).toMatchObject({ end: true, complete: true, ending: "complete", moves: 9, symmetries: 1 });
  expect(end).toHaveProperty("promises.invariants", { state: "holds", classes: [] });
  for (const l of lines.slice(0, -1))
    expect(Object.keys(l)).toEqual([
      "promise",
      "class",
      "depth",
      "why",
      "script",
      "rules",
      "before",
      "after",
    ]);
});

test("explore: what a limit stops is told as partial", async () => {
  for (const args of [
    ["--depth", "1"],
    ["--max-states", "5"],
  ]) {
    const { stdout } = await lab("one.lab", "--invariant", "invariants", ...args);
    expect(stdout).toMatch(/partial: stopped at the (depth limit|limit of states)/);
    expect(stdout).toContain("invariants: open, not broken so far");
  }
});

test("explore: a goal that is out of reach is a failure, one that is reached is none", async () => {
  expect((await lab("one.lab", "--invariant", "sometimes d0 attached=abort")).status).toBe(0);
  const never = await lab("one.lab", "--invariant", "sometimes d0 attached=translate");
  expect(never.status).toBe(1);
  expect(never.stdout).toContain("OUT OF REACH");
});

test("explore: 2 for what does not parse or names nothing, with its place", async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["--invariant", "always d0 dma=abrt", /1:\d+: unknown value "abrt" of dma/],
    ["--invariant", "always d7 dma=abort", /nothing to expect of "d7"/],
    ["--invariant", "no-leek", /did you mean "no-leak"/],
    ["--alphabet", "vn", /no alphabet "vn"; there are vm, vm\+ste, .*; did you mean "vm"\?/],
    ["--alphabet", "resett", /no alphabet "resett".*did you mean "reset"\?/],
    ["--alphabet", "plug d0 v0; plug d9 v0", /2:7: /],
    ["--depth", "-1", /--depth needs a number/],
    ["--workers", "0", /--workers needs a number/],
    ["--against", "kernel=1.0", /--against/],
    ["--against", "fxi=D1", /did you mean "fix"/],
  ];
  for (const [option, value, message] of cases) {
    const { status, stderr } = await lab("one.lab", option, value);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  }
});

test("explore: a word that is a line is tried as one", async () => {
  const { status, json } = await lab("one.lab", "--alphabet", "reset", "--json");
  expect(status).toBe(0);
  expect(json().at(-1)).toMatchObject({ end: true, complete: true, moves: 1 });
});

test("explore: an alphabet that explodes is warned of beforehand", async () => {
  const lines = Array.from({ length: 70 }, (_, i) => `write v0 GBPA ${i}`).join(";");
  const { stderr } = await lab("one.lab", "--alphabet", lines, "--max-states", "100");
  expect(stderr).toMatch(/^warning: 70 moves in every state/);
});

test("explore --against: where two setups part, and what becomes of the divergences", async () => {
  const { status, json } = await lab("two.lab", "--against", "fix=D1", "--json");
  expect(status).toBe(1);
  const lines = json();
  expect(lines[0]).toMatchObject({
    depth: 2,
    script: [expect.stringMatching(/^plug/), expect.stringMatching(/^plug/)],
  });
  expect(lines.at(-1)).toMatchObject({ end: true, against: "fix=D1", complete: true });
  expect(lines.at(-1)).toHaveProperty("divergences.removed", ["D1"]);
  const same = await lab("one.lab", "--against", "as-written");
  expect(same.status).toBe(0);
  expect(same.stdout).toContain("No script can tell the two apart.");
});

test("explore --workers: threads say what one says", () => {
  const launcher = join(import.meta.dirname, "..", "..", "bin", "vsmmu-lab.mjs");
  const said = (workers: string) =>
    spawnSync(process.execPath, [launcher, "explore", "two.lab", "--json", "--workers", workers], {
      cwd,
      encoding: "utf8",
    });
  const alone = said("1");
  const many = said("2");
  expect(many.stderr).toBe("");
  expect(many.stdout).toBe(alone.stdout);
  expect([alone.status, many.status]).toEqual([1, 1]);
});
