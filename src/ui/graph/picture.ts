/**
 * From the world to what is drawn, each stage keeping what did not change: scene, positions, nodes. One object
 * holds the last picture; the pane asks it for the next one when the world moves.
 */
import { type Layout, layoutOf } from "../../draw/layout.ts";
import { type MapLayout, mapOf } from "../../draw/layout-map.ts";
import type { Scene } from "../../draw/scene-types.ts";
import { type Flow, flowOf } from "./flow-nodes.ts";

export interface Picture {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly flow: Flow;
}

export function pictureOf(scene: Scene, before: Picture | null): Picture {
  if (before !== null && before.scene === scene) return before;
  const layout = layoutOf(scene, before?.layout ?? null);
  return { scene, layout, flow: flowOf(scene, layout, before?.flow ?? null) };
}

export interface MapPicture {
  readonly scene: Scene;
  readonly layout: MapLayout;
}

export function mapPictureOf(scene: Scene, before: MapPicture | null): MapPicture {
  if (before !== null && before.scene === scene) return before;
  return { scene, layout: mapOf(scene, before?.layout ?? null) };
}
