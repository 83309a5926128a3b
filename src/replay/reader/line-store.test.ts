import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { LineStore } from "./line-store.ts";
import { readLog } from "./read.ts";

const NOTHING = (): boolean => true;

/** Cuts at odd places, so that lines and pieces do not fall together. */
function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1013) yield bytes.subarray(at, at + 1013);
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function stored(text: string, packed: boolean, limit?: number): Promise<LineStore> {
  const bytes = encode(text);
  const store = new LineStore(packed ? null : new Blob([bytes]), limit);
  await readLog(pieces(packed ? gzipSync(bytes) : bytes), NOTHING, { onBytes: store.push });
  store.end();
  return store;
}

const TEXT = Array.from({ length: 2000 }, (_, i) => `smmuv3_notify_config_change sid ${i + 1} ü`).join("\n");
const line = (n: number): string => `smmuv3_notify_config_change sid ${n} ü`;

describe.each([false, true])("lines by number, packed %s", (packed) => {
  it("gives any range, over the borders of blocks, to the last line without an end", async () => {
    const store = await stored(TEXT, packed);
    expect(await store.lines(1, 2)).toEqual([line(1), line(2)]);
    expect(await store.lines(255, 258)).toEqual([255, 256, 257, 258].map(line));
    expect(await store.lines(700, 1500)).toEqual(Array.from({ length: 801 }, (_, i) => line(700 + i)));
    expect(await store.lines(1999, 2100)).toEqual([line(1999), line(2000)]);
    expect(await store.lines(2001, 2100)).toEqual([]);
  });

  it("counts lines as the reader does: empty ones, CRLF, a last end of line", async () => {
    const store = await stored("a\r\n\r\n\nb\n", packed);
    expect(await store.lines(1, 9)).toEqual(["a", "", "", "b"]);
  });

  it("cuts a line that is too long to show, and shows those behind it", async () => {
    const long = "x".repeat(600_000);
    const store = await stored(`one\n${long}\nthree\n${long}`, packed);
    expect(await store.lines(1, 9)).toEqual(["one", `${"x".repeat(2000)}…`, "three", `${"x".repeat(2000)}…`]);
  });
});

it("keeps no more unpacked text than its limit, and leaves out the lines behind it", async () => {
  const store = await stored(TEXT, true, 1000);
  const lines = await store.lines(1, 3);
  expect(lines).toEqual([1, 2, 3].map(line));
  expect((await store.lines(1, 2000)).length).toBeLessThan(2000);
  expect(await store.lines(1900, 1901)).toEqual([]);
});
