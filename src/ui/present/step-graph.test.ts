// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { layoutOf } from "../../draw/layout.ts";
import { sceneOf } from "../../draw/scene.ts";
import { Session } from "../../script/session.ts";
import { pinnedView } from "./step-graph.tsx";

const opened = Session.open("plug d0 v0\n");
if (!opened.ok) throw new Error("unreadable");
const scene = sceneOf(opened.value.world());

test("without a floor or a zoom everything is shown", () => {
  expect(pinnedView(scene, { select: "d0" }, { kind: "device", dev: 0 })).toBeNull();
});

test("a pinned floor stands at the top of the pane, at the pinned zoom", () => {
  const floor = layoutOf(scene).floors.find((band) => band.floor === "iommufd");
  const view = pinnedView(scene, { floor: "iommufd", zoom: "2" }, null);
  expect(view?.zoom).toBe(2);
  // The pane's y of the floor's top edge.
  expect((view?.y ?? 0) + (floor?.y ?? 0) * 2).toBe(16);
});

test("a zoom beyond what the graph can is taken to its end", () => {
  expect(pinnedView(scene, { zoom: "1000" }, null)?.zoom).toBe(2.5);
  expect(pinnedView(scene, { zoom: "nonsense" }, null)).toBeNull();
});
