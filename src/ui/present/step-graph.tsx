/** The graph of a step: the world there, what the step pins is selected, and its floor and zoom are taken. */
import { useEffect, useMemo, useState } from "react";
import { layoutOf } from "../../draw/layout.ts";
import { sceneOf } from "../../draw/scene.ts";
import type { Scene } from "../../draw/scene-types.ts";
import type { World } from "../../engine/world.ts";
import type { ShareView } from "../../review/share/share.ts";
import { Camera, type CameraView } from "../graph/camera.ts";
import { GraphView } from "../graph/graph-view.tsx";
import { keyOfSubject } from "../graph/references.ts";
import { subjectOf } from "../share/view-parts.ts";
import type { Subject } from "../state/selection-store.ts";

const EDGE = { x: 48, y: 16 } as const;

/** Where the pinned floor's top and the pinned item's left stand at the pane's corner; null: everything fits. */
export function pinnedView(scene: Scene, view: ShareView, subject: Subject | null): CameraView | null {
  const zoom = Number(view.zoom ?? Number.NaN);
  const layout = layoutOf(scene);
  const floor = layout.floors.find((band) => band.floor === view.floor);
  if (floor === undefined && !(zoom > 0)) return null;
  const at = zoom > 0 ? Math.min(2.5, Math.max(0.05, zoom)) : 1;
  const key = keyOfSubject(scene, subject);
  const box = key === null ? undefined : (layout.columns.get(key) ?? layout.boxes.get(key));
  const left = Math.max(0, (box?.x ?? 0) - 180);
  const top = floor?.y ?? box?.y ?? 0;
  return { x: EDGE.x - left * at, y: EDGE.y - top * at, zoom: at };
}

export default function StepGraph({ world, view }: { readonly world: World; readonly view: ShareView }) {
  const scene = useMemo(() => sceneOf(world), [world]);
  const pinned = useMemo(
    () => (view.select === undefined ? null : subjectOf(world.setup, view.select)),
    [view.select, world.setup],
  );
  const [selected, setSelected] = useState<Subject | null>(pinned);
  const [hovered, setHovered] = useState<Subject | null>(null);
  const [camera] = useState(() => new Camera());
  useEffect(() => setSelected(pinned), [pinned]);
  useEffect(() => {
    const to = pinnedView(scene, view, pinned);
    if (to === null) return;
    // The graph shows everything once it knows its size; the pin comes behind that.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => camera.move(null, to));
    });
    return () => cancelAnimationFrame(frame);
  }, [camera, scene, view, pinned]);
  return (
    <GraphView
      scene={scene}
      selected={selected}
      hovered={hovered}
      onSelect={setSelected}
      onHover={setHovered}
      camera={camera}
    />
  );
}
