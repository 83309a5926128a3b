import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "./parse.ts";
import { runAll } from "./runner.ts";
import { Session } from "./session.ts";
import { readSession, writeSession } from "./session-file.ts";

function open(text: string): Session {
  const s = Session.open(text);
  if (!s.ok) throw new Error(JSON.stringify(s.problems));
  return s.value;
}

function append(s: Session, text: string): void {
  const a = s.append(text);
  if (!a.ok) throw new Error(JSON.stringify(a.problems));
}

const SCRIPT = 'title "t"\n# why\nplug d0 v0  # first\n\ngbpa v0 abort\nexpect d0 attached=abort\n';

describe("timeline", () => {
  test("opens a script, stands at its end, and gives the script back", () => {
    const s = open(SCRIPT);
    expect(s.script()).toBe(SCRIPT);
    expect(s.current).toMatchObject({ kind: "expect", ok: true, step: 2 });
    expect(s.path().map((n) => n.kind)).toEqual(["start", "note", "command", "note", "command", "expect"]);
    expect(s.setup.title).toBe("t");
  });

  test("its world is the one a run of the script ends in", () => {
    const parsed = parse(SCRIPT);
    if (!parsed.ok) throw new Error("bad script");
    expect(open(SCRIPT).world()).toEqual(runAll(parsed.value).world);
  });

  test("going back and doing something else makes a branch; nothing is lost", () => {
    const s = open("plug d0 v0\ngbpa v0 abort\n");
    const abort = s.current.id;
    expect(s.back()).toBe(true);
    append(s, "gbpa v0 bypass");
    const bypass = s.current.id;
    const plug = s.node(s.current.parent ?? -1);
    expect(plug.children).toEqual([abort, bypass]);
    expect(s.script(abort)).toBe("plug d0 v0\ngbpa v0 abort\n");
    s.goTo(abort);
    expect(s.script()).toBe("plug d0 v0\ngbpa v0 abort\n");
  });

  test("doing the same again finds the step that is there", () => {
    const s = open("plug d0 v0\ngbpa v0 abort\n");
    const { size, current } = s;
    s.back();
    append(s, "gbpa v0 abort");
    expect(s.size).toBe(size);
    expect(s.current).toBe(current);
  });

  test("back and forward follow commands, along the branch visited last", () => {
    const s = open("plug d0 v0\nexpect ok\ngbpa v0 abort\nexpect ok\n");
    const end = s.current.id;
    s.back();
    expect(s.current.text).toBe("gbpa v0 abort");
    s.back();
    expect(s.current.text).toBe("plug d0 v0");
    append(s, "gbpa v0 bypass");
    s.back();
    expect(s.forward()).toBe(true);
    expect(s.current.text).toBe("gbpa v0 bypass");
    expect(s.forward()).toBe(false);
    s.goTo(end);
    while (s.back());
    expect(s.current.kind).toBe("start");
    s.forward();
    s.forward();
    expect(s.current.text).toBe("gbpa v0 abort");
  });

  test("a wrong line among several and none is played", () => {
    const s = open("plug d0 v0\n");
    const { size, version } = s;
    const a = s.append("gbpa v0 abort\ngbpa v9 abort");
    expect(a.ok).toBe(false);
    expect([s.size, s.version]).toEqual([size, version]);
    expect(s.append("kernel 6.17").ok).toBe(false);
  });

  test("names given on one branch are not known on another", () => {
    const s = open("");
    append(s, "bind d0 as mine");
    append(s, "detach dev=mine");
    s.goTo(0);
    expect(s.append("detach dev=mine").ok).toBe(false);
  });

  test("a preview changes nothing and tells the outcome", () => {
    const s = open("plug d0 v0\n");
    const before = [s.size, s.version, s.current.id];
    const p = s.preview("plug d0 v0");
    if (!p.ok) throw new Error("no preview");
    expect(p.outcome.rejected).toBe(true);
    expect(s.preview("plgu d0 v0").ok).toBe(false);
    expect(s.preview("expect ok").ok).toBe(false);
    expect([s.size, s.version, s.current.id]).toEqual(before);
  });

  test("an edited script shares its unchanged beginning", () => {
    const s = open("plug d0 v0\ngbpa v0 abort\nplug d1 v0 hot\n");
    const first = s.path().map((n) => n.id);
    const size = s.size;
    expect(s.edit("plug d0 v0\ngbpa v0 abort\nreset\n").ok).toBe(true);
    expect(s.size).toBe(size + 1);
    expect(
      s
        .path()
        .map((n) => n.id)
        .slice(0, 3),
    ).toEqual(first.slice(0, 3));
    const bad = s.edit("plug d0 v0\nplgu\n");
    expect(bad.ok).toBe(false);
    expect(s.current.text).toBe("reset");
  });

  test("another header is another start, and both stay", () => {
    const s = open("plug d0 v0\ngbpa v0 abort\nplug d1 v0 hot\n");
    const old = s.current.id;
    expect(s.editHeader("fix D1").ok).toBe(true);
    expect(s.starts().map((n) => n.text)).toEqual(["", "fix D1\n"]);
    expect(s.setup.repairs).toEqual(["set-attaches"]);
    expect(s.script()).toBe("fix D1\nplug d0 v0\ngbpa v0 abort\nplug d1 v0 hot\n");
    s.goTo(old);
    expect(s.setup.repairs).toEqual([]);
  });

  test("outcomes and verdicts are the same when looked at late", () => {
    const s = open("plug d0 v0\nexpect calls attach\n");
    const [, plug, asked] = s.path();
    const outcome = s.outcome(plug?.id);
    for (let i = 0; i < 100; i++) append(s, i % 2 === 0 ? "gbpa v0 abort" : "gbpa v0 bypass");
    expect(s.outcome(plug?.id)).toEqual(outcome);
    expect(s.verdicts(asked?.id).map((v) => v.held)).toEqual([true]);
    expect(s.outcome(asked?.id)).toBeNull();
  });

  test("listeners hear of changes and of nothing else", () => {
    const s = open("plug d0 v0\n");
    let heard = 0;
    const stop = s.subscribe(() => heard++);
    append(s, "gbpa v0 abort");
    s.append("plgu");
    s.preview("reset");
    s.back();
    s.relabel(s.current.id, " here ");
    s.relabel(s.current.id, "here");
    expect(heard).toBe(3);
    expect(s.current.label).toBe("here");
    stop();
    s.forward();
    expect(heard).toBe(3);
  });

  test("a hundred thousand steps: few worlds are held, any step is reached again", {
    timeout: 120_000,
  }, () => {
    const s = open("plug d0 v0\n");
    const chunk = Array.from({ length: 1000 }, (_, i) => `write v0 GBPA 0x8000${(i % 2) + 1}000`).join("\n");
    for (let i = 0; i < 100; i++) append(s, chunk);
    expect(s.current.step).toBe(100_001);
    expect(s.heldWorlds).toBeLessThan(2_500);
    const middle = s.path()[50_000];
    expect(s.world(middle?.id).qemu.smmus[0]?.regs.gbpa).toBe(0x1000);
  });
});

describe("saved sessions", () => {
  test("come back with branches, labels and place", () => {
    const s = open("plug d0 v0\ngbpa v0 abort\n");
    s.back();
    append(s, "gbpa v0 bypass\nexpect ok\n# done");
    s.relabel(1, "trunk");
    s.editHeader("qemu v6");
    const back = readSession(writeSession(s));
    if (!back.ok) throw new Error(back.problems.join("; "));
    expect(back.value.data()).toEqual(s.data());
    expect(back.value.script()).toBe(s.script());
    expect(back.value.world()).toEqual(s.world());
    expect(back.value.node(1).label).toBe("trunk");
  });

  test.each([
    ["", "not JSON"],
    ["{}", "format"],
    ['{"format":"vsmmu-lab-session","version":2,"starts":[],"nodes":[],"labels":[],"current":0}', "version"],
  ])("%s is refused with the reason", (text, reason) => {
    const r = readSession(text);
    expect(r.ok ? "" : r.problems.join("; ")).toContain(reason);
  });

  test("all damaged parts are named", () => {
    const data = {
      format: "vsmmu-lab-session",
      version: 1,
      starts: [{ id: 0, header: "kernel 9.9" }],
      nodes: [
        [-1, ""],
        [0, "plug d0 v0"],
        [7, "reset"],
      ],
      labels: [[55, "x"]],
      current: 99,
    };
    const r = readSession(JSON.stringify(data));
    const problems = r.ok ? [] : r.problems;
    expect(problems).toHaveLength(4);
    expect(problems.join("\n")).toMatch(
      /unknown kernel profile[\s\S]*parent 7[\s\S]*label "x"[\s\S]*no step 99/,
    );
  });

  test("a file of anything at all is read or refused, never thrown", () => {
    const good = JSON.parse(writeSession(open("plug d0 v0\ngbpa v0 abort\n")));
    const field = fc.constantFrom("starts", "nodes", "labels", "current", "format", "version");
    fc.assert(
      fc.property(field, fc.jsonValue(), (key, value) => {
        const r = readSession(JSON.stringify({ ...good, [key]: value }));
        if (!r.ok) expect(r.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
