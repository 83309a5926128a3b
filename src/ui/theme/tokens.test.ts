import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

/** Custom properties with a hex colour in the block that starts with `selector`. */
function colours(selector: string): Record<string, string> {
  const from = css.indexOf(selector);
  const block = css.slice(from, css.indexOf("}", from));
  return Object.fromEntries(
    [...block.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]),
  );
}

/** WCAG 2 relative luminance and contrast. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const KINDS = ["abort", "bypass", "translate", "s2", "off", "diverges"];

describe.each([
  ["light", '[data-theme="light"] {'],
  ["dark", '[data-theme="dark"] {'],
])("%s theme", (_name, selector) => {
  const c = colours(selector);
  const of = (name: string): string => {
    const value = c[name];
    if (value === undefined) throw new Error(`no --${name}`);
    return value;
  };

  test.each(KINDS)("%s reads at 5:1 on canvas and surface, 4.5:1 on its wash", (kind) => {
    expect(contrast(of(kind), of("canvas"))).toBeGreaterThanOrEqual(5);
    expect(contrast(of(kind), of("surface"))).toBeGreaterThanOrEqual(5);
    expect(contrast(of(kind), of(`${kind}-wash`))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("on-kind"), of(kind))).toBeGreaterThanOrEqual(4.5);
  });

  test("text and secondary text read at 4.5:1 wherever they stand", () => {
    for (const ground of ["canvas", "surface", "wash"]) {
      expect(contrast(of("ink"), of(ground))).toBeGreaterThanOrEqual(7);
      expect(contrast(of("muted"), of(ground))).toBeGreaterThanOrEqual(4.5);
    }
    for (const kind of KINDS) expect(contrast(of("ink"), of(`${kind}-wash`))).toBeGreaterThanOrEqual(7);
  });
});
