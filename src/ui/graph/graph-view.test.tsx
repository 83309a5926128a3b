// @vitest-environment happy-dom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Fixture,
  fixtureSetup,
  fixtureViews,
  fixtureWorld,
  grid,
} from "../../draw/fixtures.test-helper.ts";
import { buildScene } from "../../draw/scene.ts";
import type { Scene, Subject } from "../../draw/scene-types.ts";
import { GraphView, type GraphViewProps } from "./graph-view.tsx";
import { NONE, useMarks } from "./marks-store.ts";

/** Renders of each box: every box asks for its id once a render. */
const renders = new Map<string, number>();
vi.mock("./dom-id.ts", async (original) => {
  const { domId } = await original<typeof import("./dom-id.ts")>();
  return {
    domId: (key: string) => {
      renders.set(key, (renders.get(key) ?? 0) + 1);
      return domId(key);
    },
  };
});

const TWO: Fixture = {
  vsmmus: [[{ attach: "abort" }, { attach: "s2", diverges: "D1" }], [{ attach: "bypass" }]],
  parked: 1,
  abort: true,
};
const setup = fixtureSetup(TWO);
const sceneOf = (f: Fixture, before: Scene | null = null): Scene =>
  buildScene(fixtureWorld(f, setup), fixtureViews(f), { before });

let root: Root;
let place: HTMLElement;
const props = (parts: Partial<GraphViewProps> & { scene: Scene }): GraphViewProps => ({
  selected: null,
  hovered: null,
  onSelect: () => {},
  onHover: () => {},
  ...parts,
});
const show = (parts: Partial<GraphViewProps> & { scene: Scene }): Promise<void> =>
  act(async () => root.render(<GraphView {...props(parts)} />));

beforeEach(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  useMarks.setState({ selected: null, related: NONE, stepAt: 0 });
  place = document.createElement("div");
  document.body.append(place);
  root = createRoot(place);
});
afterEach(async () => {
  await act(async () => root.unmount());
  place.remove();
  renders.clear();
});

const query = (key: string): HTMLElement => {
  const found = place.querySelector<HTMLElement>(`.graph [data-key="${key}"]`);
  if (found === null) throw new Error(`no ${key}`);
  return found;
};
const graph = (): HTMLElement => {
  const found = place.querySelector<HTMLElement>('[role="application"]');
  if (found === null) throw new Error("no graph");
  return found;
};
const key = (name: string): Promise<void> =>
  act(async () => {
    graph().dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  });

describe("renders", () => {
  test("an equal scene renders no box again", async () => {
    const scene = sceneOf(TWO);
    await show({ scene });
    expect(renders.get("pste:d0")).toBeGreaterThanOrEqual(1);
    renders.clear();
    await show({ scene: { ...scene } });
    expect([...renders]).toEqual([]);
  });

  test("one device's move renders its boxes once and no other device's", async () => {
    const scene = sceneOf(TWO);
    await show({ scene });
    renders.clear();
    const moved: Fixture = { ...TWO, vsmmus: [TWO.vsmmus[0] ?? [], [{ attach: "abort" }]] };
    await show({ scene: sceneOf(moved, scene) });
    expect(renders.get("pste:d2")).toBe(1);
    expect([...renders.keys()].filter((one) => /d[01]$/.test(one))).toEqual([]);
    expect([...renders.values()].every((count) => count === 1)).toBe(true);
  });

  test("selecting renders the two boxes concerned", async () => {
    const scene = sceneOf(TWO);
    await show({ scene, selected: { kind: "pste", dev: 0 } });
    renders.clear();
    await show({ scene, selected: { kind: "pste", dev: 1 } });
    // The pane asks for the id of the current one too.
    expect([...renders.keys()].sort()).toEqual(["pste:d0", "pste:d1"]);
    expect(query("pste:d1").dataset.selected).toBe("");
    expect(query("pste:d0").dataset.selected).toBeUndefined();
  });
});

describe("what one sees and hears", () => {
  test("every item shows its word with its icon, and says its sentence", async () => {
    const scene = sceneOf(TWO);
    await show({ scene });
    const d1 = query("pste:d1");
    expect(d1.textContent).toContain("S2 only");
    expect(d1.textContent).toContain("D1");
    expect(d1.querySelectorAll(".state-tag .state-icon").length).toBe(2);
    const said = d1.closest("[aria-label]")?.getAttribute("aria-label");
    expect(said).toContain("diverges D1");
  });

  test("the table twin has every device with what it is attached to, and every shared object", async () => {
    const scene = sceneOf(TWO);
    await show({ scene });
    const rows = [...place.querySelectorAll('[data-testid="graph-twin"] tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows.map(([name, behind, , attached, , diverges]) => [name, behind, attached, diverges])).toEqual([
      ["d0", "vSMMU v0", "abort", "no"],
      ["d1", "vSMMU v0", "S2 direct", "D1"],
      ["d2", "vSMMU v1", "bypass", "no"],
    ]);
    const shared = [...place.querySelectorAll('[data-testid="graph-twin"] li')].map(
      (line) => line.textContent,
    );
    expect(shared.some((text) => text?.startsWith("vIOMMU"))).toBe(true);
    expect(shared.some((text) => text?.includes("not plugged"))).toBe(true);
  });

  test("an attachment is drawn in the colour of its kind", async () => {
    await show({ scene: sceneOf(TWO) });
    const kinds = [...place.querySelectorAll<HTMLElement>(".attachment")].map((one) => one.dataset.kind);
    expect(kinds).toEqual(["abort", "s2", "bypass"]);
  });
});

describe("pointer and keys", () => {
  test("a click selects what is under it, empty ground selects nothing", async () => {
    const onSelect = vi.fn<(subject: Subject | null) => void>();
    await show({ scene: sceneOf(TWO), onSelect });
    await act(async () => query("ste:d1").click());
    expect(onSelect).toHaveBeenLastCalledWith({ kind: "ste", v: 0, sid: 0x108 });
    await act(async () => query("col:d1").click());
    expect(onSelect).toHaveBeenLastCalledWith({ kind: "device", dev: 1 });
    await act(async () => graph().click());
    expect(onSelect).toHaveBeenLastCalledWith(null);
  });

  test("arrows walk, Enter inspects, d sends DMA, Space follows, Escape lets go", async () => {
    const onSelect = vi.fn<(subject: Subject | null) => void>();
    const onInspect = vi.fn<(subject: Subject) => void>();
    const onDma = vi.fn<(dev: number) => void>();
    const scene = sceneOf(TWO);
    await show({ scene, selected: { kind: "ste", v: 0, sid: 0x100 }, onSelect, onInspect, onDma });
    await key("ArrowRight");
    expect(onSelect).toHaveBeenLastCalledWith({ kind: "ste", v: 0, sid: 0x108 });
    await key("Enter");
    expect(onInspect).toHaveBeenLastCalledWith({ kind: "ste", v: 0, sid: 0x100 });
    await key("d");
    expect(onDma).toHaveBeenLastCalledWith(0);
    await key(" ");
    expect(onSelect).toHaveBeenLastCalledWith({ kind: "accel-device", dev: 0 });
    await key("Escape");
    expect(onSelect).toHaveBeenLastCalledWith(null);
    expect(graph().getAttribute("aria-activedescendant")).toBe("item-ste_d0");
  });

  test("keys that are not the graph's go on to the page", async () => {
    await show({ scene: sceneOf(TWO) });
    const seen: string[] = [];
    const listen = (event: KeyboardEvent) => seen.push(event.key);
    document.addEventListener("keydown", listen);
    await key("k");
    await key("ArrowRight");
    document.removeEventListener("keydown", listen);
    expect(seen).toEqual(["k"]);
  });

  test("hovering marks what refers to it and what it refers to", async () => {
    const scene = sceneOf(TWO);
    await show({ scene, hovered: { kind: "device", dev: 0 } });
    expect(query("pste:d0").dataset.related).toBe("");
    expect(query("pste:d1").dataset.related).toBeUndefined();
    await show({ scene, hovered: null });
    expect(query("pste:d0").dataset.related).toBeUndefined();
  });
});

test("many devices open in the far view, one cell each", async () => {
  const f = grid(4, 16);
  await show({ scene: buildScene(fixtureWorld(f), fixtureViews(f)) });
  expect(graph().dataset.view).toBe("map");
});
