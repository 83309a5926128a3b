import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { ERRNOS } from "../engine/errno.ts";
import { HOST_CALLS } from "./host-types.ts";
import { parse } from "./parse.ts";
import { runAll } from "./runner.ts";

function play(text: string) {
  const p = parse(text);
  if (!p.ok) throw new Error(JSON.stringify(p.problems));
  const result = runAll(p.value);
  return {
    result,
    records: result.events.map((e) => JSON.parse(JSON.stringify(e.record()))),
    end: JSON.parse(JSON.stringify(result.record())),
  };
}

/** The records of `expect` lines, in order. */
const judged = (text: string) => play(text).records.filter((r) => "expect" in r);
const held = (text: string): boolean[] => judged(text).map((r) => r.held);

const hex = z.string().check(z.regex(/^0x[0-9a-f]+$/));
const id = z.int().check(z.nonnegative());
const errno = z.enum(ERRNOS);
const call = z.looseObject({
  call: z.enum(Object.keys(HOST_CALLS) as [string, ...string[]]),
  by: z.enum(["qemu", "raw"]),
  ret: z.union([z.literal(0), z.literal(-1)]),
  errno: z.optional(errno),
  id: z.optional(id),
});
const command = z.strictObject({
  line: z.int(),
  text: z.string(),
  ok: z.boolean(),
  errno: z.nullable(errno),
  messages: z.array(z.string()),
  ids: z.record(z.string(), id),
  calls: z.array(call),
  diverges: z.record(z.string(), z.string()),
  result: z.optional(z.unknown()),
  rejected: z.optional(z.literal(true)),
  parts: z.optional(z.array(z.looseObject({ text: z.string(), ok: z.boolean(), calls: z.array(call) }))),
});
const expectation = z.strictObject({
  line: z.int(),
  expect: z.string(),
  held: z.boolean(),
  got: z.unknown(),
});
const nullableId = z.nullable(id);
const end = z.strictObject({
  end: z.literal(true),
  commands: z.int(),
  expectations: z.strictObject({ held: z.int(), failed: z.int() }),
  state: z.looseObject({
    devices: z.record(
      z.string(),
      z.looseObject({
        attached: z.string(),
        hwpt: nullableId,
        pste: z.string(),
        vmid: z.nullable(z.int()),
        vdevice: nullableId,
        vmaster: z.nullable(hex),
        legal: z.array(z.string()),
        hardware: z.nullable(z.string()),
        diverges: z.nullable(z.string()),
        psteWords: z.array(hex).check(z.length(8)),
      }),
    ),
    vsmmus: z.record(
      z.string(),
      z.looseObject({
        cr0: hex,
        gbpa: hex,
        viommu: nullableId,
        abort: nullableId,
        bypass: nullableId,
        veventq: nullableId,
        cmdqError: z.nullable(z.string()),
      }),
    ),
    psmmus: z.record(z.string(), z.looseObject({ vmids: z.array(z.int()) })),
    objects: z.array(z.looseObject({ id, type: z.string(), users: z.int(), name: z.nullable(z.string()) })),
    queues: z.array(z.unknown()),
  }),
});

describe("records of a run", () => {
  const script = [
    "plug d0 v0",
    "expect ok",
    "plug d0 v0",
    "expect rejected",
    "gbpa v0 abort",
    "plug d1 v0 hot",
    "expect d1 diverges=D1",
    "guest v0 probe",
    "dma d1 iova=0x1000",
    "read v0 GBPA",
    "destroy id:99",
    "hw-info dev=d0",
    "event p0 f-translation sid=0x100",
  ].join("\n");
  const { records, end: last } = play(script);

  test("have the contract's shape", () => {
    for (const r of records) z.parse("expect" in r ? expectation : command, r);
    z.parse(end, last);
    expect(last).toMatchObject({ commands: 10, expectations: { held: 3, failed: 0 } });
  });

  test("line and text are the script's, calls are in order with what came back", () => {
    expect(records[0]).toMatchObject({ line: 1, text: "plug d0 v0", ok: true, errno: null });
    const names = records[0].calls.map((c: { call: string }) => c.call);
    expect(names.indexOf("bind")).toBeLessThan(names.indexOf("ioas-alloc"));
    const bind = records[0].calls.find((c: { call: string }) => c.call === "bind");
    expect(bind).toMatchObject({ by: "qemu", ret: 0, id: records[0].ids["d0.device"], device: "d0" });
  });

  test("a rejected command says so and changes nothing", () => {
    expect(records[2]).toMatchObject({ ok: false, rejected: true, calls: [] });
    expect(records[2].messages).not.toEqual([]);
  });

  test("divergences stand by device", () => {
    expect(records[5].diverges).toEqual({ d1: "D1" });
  });

  test("a sequence lists its parts", () => {
    expect(records[7].parts.length).toBeGreaterThan(10);
    expect(records[7].parts.map((p: { text: string }) => p.text).join("\n")).toContain("CR0");
  });

  test("results of dma, read, hw-info and event; an errno of a raw call", () => {
    expect(records[8].result).toMatchObject({
      hardware: expect.any(String),
      legal: expect.any(Array),
      events: expect.any(Array),
    });
    expect(records[9].result).toMatchObject({ value: "0x100000" });
    expect(records[10]).toMatchObject({
      ok: false,
      errno: "ENOENT",
      calls: [{ call: "destroy", by: "raw", ret: -1, errno: "ENOENT", id: 99 }],
    });
    expect(records[11].result).toMatchObject({ type: 2, dataLen: 40 });
    expect(records[12].result).toMatchObject({ to: "host-log", why: expect.any(String) });
  });

  test("nothing is undefined, no bigint is left", () => {
    expect(JSON.stringify([records, last])).not.toContain("undefined");
  });
});

describe("expectations", () => {
  const raw = [
    "ioas-alloc as ioas1",
    "bind d0 as dev1",
    "hwpt-alloc dev=dev1 pt=ioas1 flags=nest-parent as s2",
    "viommu-alloc dev=dev1 hwpt=s2 as vi1",
  ].join("\n");

  test("before any command nothing has succeeded or failed", () => {
    expect(held("expect ok")).toEqual([false]);
    expect(held("expect fail")).toEqual([false]);
    expect(held("expect errno=none")).toEqual([false]);
    expect(held("expect calls attach")).toEqual([false]);
  });

  test("ok, fail, rejected, errno", () => {
    expect(
      held(
        "destroy id:5\nexpect fail\nexpect ok\nexpect errno=ENOENT\nexpect errno=EBUSY\nexpect fail errno=ENOENT",
      ),
    ).toEqual([true, false, true, false, true]);
    expect(held("unplug d0\nexpect rejected\nexpect fail\nexpect ok")).toEqual([true, true, false]);
  });

  test("users and ids, by name, by device and by number", () => {
    expect(
      held(
        `${raw}\nexpect users ioas1=2 dev1=2 s2=2 vi1=1\nexpect users d0=2 id:3=2\nexpect id s2=3 ioas1=1 vi1=4\nexpect id s2=s2\nexpect id s2=vi1\nexpect users vi1=9`,
      ),
    ).toEqual([true, true, true, true, false, false]);
    expect(held(`${raw}\ndestroy vi1\nexpect users vi1=none\nexpect id vi1=none\nexpect id vi1=4`)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("counts", () => {
    expect(
      held(`${raw}\nexpect count ioas=1 device=1 hwpt=1 hwpt-paging=1 hwpt-nested=0 viommu=1 objects=4`),
    ).toEqual([true]);
  });

  test("a device that nobody has: none, and what the host gives it", () => {
    expect(held("expect d0 attached=none\nexpect d0 attached=identity\nexpect d0 attached=s2")).toEqual([
      true,
      true,
      false,
    ]);
    expect(
      held(
        "bind d0 as dev1\nexpect d0 attached=blocked\nexpect d0 attached=none\nexpect d0 pste=abort\nexpect d0 pste=blocked",
      ),
    ).toEqual([true, true, true, true]);
    expect(held("device d0 default=dma\nunplug d0\nexpect d0 pste=s1\nexpect d0 attached=s1")).toEqual([
      true,
      true,
    ]);
  });

  test("legal answers are compared as sets, under both spellings", () => {
    expect(
      held(
        "plug d0 v0\nexpect d0 legal=bypass\nexpect d0 legal=pass-bypass\nexpect d0 legal=pass-bypass,abort",
      ),
    ).toEqual([true, true, false]);
  });

  test("calls: in order with gaps, exactly, none, by device and by result", () => {
    const plug = "plug d0 v0\n";
    expect(held(`${plug}expect calls bind hwpt-alloc attach`)).toEqual([true]);
    expect(held(`${plug}expect calls attach bind`)).toEqual([false]);
    expect(
      held(
        `${plug}expect calls only bind ioas-alloc hwpt-alloc attach viommu-alloc hwpt-alloc hwpt-alloc attach`,
      ),
    ).toEqual([true]);
    expect(held(`${plug}expect calls only bind ioas-alloc hwpt-alloc attach`)).toEqual([false]);
    expect(held(`${plug}expect calls none\ncr0 v0 +smmuen\nexpect calls none`)).toEqual([false, true]);
    expect(held(`${plug}expect calls attach@d0:ok attach@d0`)).toEqual([true]);
    expect(held(`${plug}expect calls attach@d1`)).toEqual([false]);
    expect(
      held(`${raw}\nattach dev=dev1 pt=id:77\nexpect calls attach:ENOENT\nexpect calls attach:ok`),
    ).toEqual([true, false]);
  });

  test("registers, cmdq, result", () => {
    expect(
      held("plug d0 v0\nexpect v0 gbpa=0 idr0=0x0d44101a cmdq=none viommu=yes veventq=no viommu=4"),
    ).toEqual([true]);
    expect(
      held(
        "read v0 IDR1\nexpect result value=0x2730010\nexpect result value=41091088\nexpect result nothing=1",
      ),
    ).toEqual([true, true, false]);
  });

  test("what a failed expectation got", () => {
    expect(judged("plug d0 v0\nexpect d0 pste=nested vmid=2")[0].got).toEqual({ pste: "s2", vmid: 1 });
    expect(judged("plug d0 v0\nexpect fail")[0].got).toBe("ok");
  });
});
