/** Bytes to events: forms of lines, cut and foreign ones, and what is no log at all. */

import fc from "fast-check";
import { gzipSync, strToU8 } from "fflate";
import { describe, expect, it } from "vitest";
import { BYTE_LIMITS, type ByteLimits, LogError, TextSource } from "./bytes.ts";
import { LineCollector } from "./collect.ts";
import { type Census, LineScanner, skipPrefix } from "./lines.ts";
import { type ReadResult, readLog } from "./read.ts";

const READ = "smmuv3_read_mmio addr: 0x0 val:0xd44101b size: 0x4(0)";

const all = (): boolean => true;

async function census(bytes: Uint8Array | readonly Uint8Array[], limits?: ByteLimits): Promise<ReadResult> {
  const chunks = bytes instanceof Uint8Array ? [bytes] : bytes;
  return readLog(chunks, all, limits === undefined ? {} : { limits });
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const n = Math.max(1, sizes[i % sizes.length] ?? 1);
    out.push(bytes.subarray(at, at + n));
    at += n;
  }
  return out;
}

describe("prefixes", () => {
  it.each([
    ["none", READ],
    ["ISO 8601", `2026-11-22T07:59:18.320000Z ${READ}`],
    ["ISO 8601 without a fraction", `2026-11-22T07:59:18Z ${READ}`],
    ["thread and time", `15637@1795333787.111049:${READ}`],
  ])("%s", (_name, line) => {
    expect(line.slice(skipPrefix(line, 0, line.length))).toBe(READ);
  });

  it("digits that are no prefix stay", () => {
    for (const line of ["123 abc_def", "12@34 x", "2026-11-22"])
      expect(skipPrefix(line, 0, line.length)).toBe(0);
  });
});

describe("lines", () => {
  const mixed = [
    READ,
    `2026-11-22T07:59:18.320000Z ${READ}`,
    `1@2.000003:${READ}`,
    "vfio_pci_read_config  (0000:01:00.0, @0x3d, len=0x1) 0x1",
    "gicv3_dist_read: invalid guest read at offset 000000000000000c size 4",
    "smmuv3-iommu-memory-region-24-3 translation failed for iova=0x12345000 (SMMU_EVT_F_TRANSLATION)",
    "",
    "words without an underscore",
  ];

  it("known, other and foreign lines are counted apart, none is lost", async () => {
    const { census: c, problem } = await census(strToU8(mixed.join("\n")));
    expect(problem).toBeNull();
    expect(c).toMatchObject({ lines: 8, known: 3, other: 1, foreign: 3, damaged: 0 });
    expect(c.others).toEqual({ vfio_pci_read_config: 1 });
    expect(c.foreignSamples.map((s) => s.line)).toEqual([5, 6, 8]);
  });

  it("however the bytes are cut, with LF or CRLF, plain or gzip, the census is the same", async () => {
    const text = mixed.join("\n");
    const { census: expected } = await census(strToU8(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        async (sizes, crlf, zip) => {
          const plain = strToU8(crlf ? text.replaceAll("\n", "\r\n") : text);
          const got = await census(cut(zip ? gzipSync(plain) : plain, sizes));
          expect(got.problem).toBeNull();
          expect(got.census).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("a known name whose rest is cut off is damaged, not fatal", async () => {
    const text = `l:0x1 size: 0x4(0)\n${READ}\nsmmuv3_write_mmio addr: 0x98 val:0x`;
    const r = await readLog([strToU8(text)], (spec) => spec.name !== "smmuv3_write_mmio");
    expect(r.census).toMatchObject({ lines: 3, known: 1, foreign: 1, damaged: 1 });
    expect(r.census.damagedSamples[0]).toEqual({ line: 3, text: "smmuv3_write_mmio addr: 0x98 val:0x" });
  });

  it("a line of 1 GB is counted and dropped in bounded memory", () => {
    const scanner = new LineScanner(all);
    const piece = "x_".repeat(1 << 22);
    scanner.push(`${READ}\n`);
    for (let i = 0; i < 128; i++) scanner.push(piece);
    scanner.push(`\n${READ}\n`);
    scanner.end();
    const c: Census = scanner.census();
    expect(c).toMatchObject({ lines: 3, known: 2, overlong: 1 });
  });

  it("names of other events do not pile up without bound", () => {
    const scanner = new LineScanner(all);
    for (let i = 0; i < 5000; i++) scanner.push(`some_event_${i} x\n`);
    scanner.end();
    const c = scanner.census();
    expect(c.other).toBe(5000);
    expect(Object.keys(c.others).length).toBeLessThanOrEqual(1000);
  });

  it("hostile text stays text: markup and control characters only reach samples", async () => {
    const { census: c } = await census(strToU8(`<img src=x onerror=alert(1)>\u0007\n${READ}\n`));
    expect(c.foreign).toBe(1);
    expect(c.foreignSamples[0]?.text).toContain("<img");
  });
});

describe("what is no log", () => {
  const fault = async (bytes: Uint8Array): Promise<[string | undefined, number]> => {
    const r = await census(bytes);
    return [r.problem?.fault, r.census.known];
  };

  it("empty, binary, another compression, plain prose", async () => {
    expect(await fault(new Uint8Array(0))).toEqual(["empty", 0]);
    expect(await fault(Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff))).toEqual(["binary", 0]);
    expect(await fault(gzipSync(Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff)))).toEqual([
      "binary",
      0,
    ]);
    expect(await fault(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0))).toEqual(["compression", 0]);
    expect(await fault(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 2))).toEqual(["compression", 0]);
    expect(await fault(strToU8("Dear list,\nhere is my patch.\n"))).toEqual(["not-a-log", 0]);
  });

  it("a gzip that ends early gives what came before and says so", async () => {
    const zipped = gzipSync(strToU8(`${READ}\n`.repeat(5000)));
    const r = await census(zipped.subarray(0, zipped.length - 20));
    expect(r.problem?.fault).toBe("truncated-gzip");
    expect(r.census.known).toBeGreaterThan(0);
  });

  it("padding behind a gzip member is nothing", async () => {
    const zipped = gzipSync(strToU8(`${READ}\n`));
    const padded = new Uint8Array(zipped.length + 512);
    padded.set(zipped);
    const r = await census(padded);
    expect(r.problem).toBeNull();
    expect(r.census.known).toBe(1);
  });

  it("a cut anywhere is noticed", async () => {
    const zipped = gzipSync(strToU8(`${READ}\n`.repeat(50)));
    for (let n = 3; n < zipped.length; n++) {
      const r = await census(zipped.subarray(0, n));
      expect(r.problem?.fault, `${n} of ${zipped.length} bytes`).toMatch(/truncated-gzip|damaged-gzip/);
    }
  });

  it("damaged gzip data are said to be damaged", async () => {
    const zipped = gzipSync(
      strToU8(Array.from({ length: 3000 }, (_, i) => `${READ} ${i * 7919}`).join("\n")),
    );
    zipped.fill(0xff, 200, 400);
    const r = await census(zipped);
    expect(["damaged-gzip", "truncated-gzip", "binary", "not-a-log"]).toContain(r.problem?.fault);
  });

  it("a gzip bomb is stopped", async () => {
    const bomb = gzipSync(strToU8("a".repeat(1 << 22)), { level: 9 });
    const r = await census(bomb, { ...BYTE_LIMITS, bombBytes: 1 << 20 });
    expect(r.problem?.fault).toBe("bomb");
  });

  it("more text than the limit is stopped", async () => {
    const r = await census(strToU8(`${READ}\n`.repeat(100)), { ...BYTE_LIMITS, maxBytes: 1000 });
    expect(r.problem?.fault).toBe("too-large");
  });

  it("two gzip members in a row are one log", async () => {
    const a = gzipSync(strToU8(`${READ}\n`));
    const both = new Uint8Array(a.length * 2);
    both.set(a);
    both.set(a, a.length);
    const r = await census(both);
    expect(r.problem).toBeNull();
    expect(r.census.known).toBe(2);
  });
});

describe("progress and cancel", () => {
  it("reading can be cancelled; what was read stands", async () => {
    const stop = new AbortController();
    const chunk = strToU8(`${READ}\n`);
    function* endless(): Generator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 10) stop.abort();
        yield chunk;
      }
    }
    const r = await readLog(endless(), all, { signal: stop.signal });
    expect(r.problem?.fault).toBe("cancelled");
    expect(r.census.known).toBe(10);
  });

  it("progress tells bytes and lines, at the caller's clock", async () => {
    let time = 0;
    const seen: number[] = [];
    await readLog([strToU8(`${READ}\n`), strToU8(`${READ}\n`), strToU8(`${READ}\n`)], all, {
      now: () => (time += 60),
      onProgress: (p) => seen.push(p.lines),
    });
    expect(seen.at(-1)).toBe(3);
    expect(seen.length).toBeLessThan(4);
  });

  it("text nobody understands is given up before its end", async () => {
    let read = 0;
    function* prose(): Generator<Uint8Array> {
      const chunk = strToU8("one two three\n".repeat(10_000));
      for (; read < 1000; read++) yield chunk;
    }
    const r = await readLog(prose(), all);
    expect(r.problem?.fault).toBe("not-a-log");
    expect(read).toBeLessThan(100);
  });
});

describe("small files", () => {
  it("are collected as lines, with their fault", () => {
    const c = new LineCollector();
    c.push(strToU8("a\r\nb\nc"));
    expect(c.end()).toBeNull();
    expect(c.lines).toEqual(["a", "b", "c"]);
    const bad = new LineCollector();
    bad.push(Uint8Array.of(0, 1, 2, 0));
    expect(bad.end()).toMatch(/binary/);
  });

  it("faults are errors of their own kind", () => {
    const source = new TextSource(() => undefined);
    expect(() => source.push(Uint8Array.of(0x42, 0x5a, 0x68, 0x39))).toThrow(LogError);
  });
});
