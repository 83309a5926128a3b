import { expect, test } from "vitest";
import { pngScale } from "./png.ts";
import { fileName } from "./save.ts";

test.each([
  ["Second device, GBPA.ABORT=1", "second-device-gbpa-abort-1.svg"],
  ["", "vsmmu-lab.svg"],
  ["../../etc/passwd", "etc-passwd.svg"],
  ["<b>≠</b>", "b-b.svg"],
])("a file for “%s” is called %s", (title, name) => {
  expect(fileName(title, "svg")).toBe(name);
});

test("a PNG is twice as large as its drawing, unless no canvas is that large", () => {
  expect(pngScale(800, 600)).toBe(2);
  const wide = pngScale(80_000, 700);
  expect(80_000 * wide).toBeLessThanOrEqual(16_384);
  const large = pngScale(9_000, 9_000);
  expect(9_000 * large * 9_000 * large).toBeLessThanOrEqual(64_000_001);
});
