/** The graph beside a lesson, a question or a challenge: one world of a session, and what the step before left of it. */
import { useEffect, useMemo, useState } from "react";
import type { World } from "../../engine/world.ts";
import type { ShareView } from "../../review/share/share.ts";
import type { Session, TimelineNode } from "../../script/session.ts";
import { Camera } from "../graph/camera.ts";
import type { Carry } from "../graph/carry.tsx";
import { GraphView } from "../graph/graph-view.tsx";
import { useScene, useWays } from "../graph/use-scene.ts";
import { pinnedView } from "../present/step-graph.tsx";
import { subjectOf } from "../share/view-parts.ts";
import type { Subject } from "../state/selection-store.ts";

interface LiveGraphProps {
  readonly session: Session;
  readonly node: TimelineNode;
  readonly view?: ShareView;
  readonly name?: string | undefined;
  readonly carry?: Carry | null;
}

const NO_VIEW: ShareView = {};

/** The command that ends at a node, past the expectations behind it. */
export function commandAt(session: Session, node: TimelineNode): TimelineNode | null {
  let at = node;
  while (at.kind !== "command") {
    if (at.parent === null) return null;
    at = session.node(at.parent);
  }
  return at;
}

export function LiveGraph({ session, node, view = NO_VIEW, name, carry = null }: LiveGraphProps) {
  const command = commandAt(session, node);
  const world: World = session.world(node.id);
  const before = command?.parent == null ? null : session.world(command.parent);
  const scene = useScene(world, before);
  const ways = useWays(scene, session, command);
  const pinned = useMemo(
    () => (view.select === undefined ? null : subjectOf(world.setup, view.select)),
    [view.select, world.setup],
  );
  const [selected, setSelected] = useState<Subject | null>(pinned);
  const [hovered, setHovered] = useState<Subject | null>(null);
  const [camera] = useState(() => new Camera());
  useEffect(() => setSelected(pinned), [pinned]);
  useEffect(() => {
    const to = view.zoom === undefined ? null : pinnedView(scene, view, pinned);
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
      ways={ways}
      name={name}
      carry={carry}
    />
  );
}
