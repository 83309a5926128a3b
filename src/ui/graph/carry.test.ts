// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { dropKey } from "./carry.tsx";

const BOXES = [
  { key: "rail", box: { x: 100, y: 100, w: 200, h: 20 } },
  { key: "bar", box: { x: 100, y: 126, w: 200, h: 20 } },
];

describe("where a carried end is put down", () => {
  test("on the box it is over", () => {
    expect(dropKey({ x: 150, y: 110 }, BOXES)).toBe("rail");
    expect(dropKey({ x: 299, y: 145 }, BOXES)).toBe("bar");
  });

  test("beside a box it still counts, for the nearer of two", () => {
    expect(dropKey({ x: 90, y: 110 }, BOXES)).toBe("rail");
    expect(dropKey({ x: 150, y: 122 }, BOXES)).toBe("rail");
    expect(dropKey({ x: 150, y: 124 }, BOXES)).toBe("bar");
  });

  test("in the open it is put nowhere", () => {
    expect(dropKey({ x: 150, y: 60 }, BOXES)).toBeNull();
    expect(dropKey({ x: 340, y: 110 }, BOXES)).toBeNull();
    expect(dropKey({ x: 0, y: 0 }, [])).toBeNull();
  });
});
