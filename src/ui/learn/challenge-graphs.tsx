/** Where one stands beside where one should get, or the same commands under two setups; looked at together. */
import { useState } from "react";
import type { World } from "../../engine/world.ts";
import { Camera } from "../graph/camera.ts";
import { GraphView } from "../graph/graph-view.tsx";
import { useScene } from "../graph/use-scene.ts";
import type { Subject } from "../state/selection-store.ts";

export interface Pane {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly world: World;
  /** Reached, or different as wanted. */
  readonly lit: boolean;
}

interface OneProps {
  readonly pane: Pane;
  readonly camera: Camera;
  readonly selected: Subject | null;
  onSelect(subject: Subject | null): void;
}

function One({ pane, camera, selected, onSelect }: OneProps) {
  const [hovered, setHovered] = useState<Subject | null>(null);
  const scene = useScene(pane.world, null);
  return (
    <section
      className="challenge-pane"
      aria-label={`Graph: ${pane.title}`}
      data-lit={pane.lit ? "" : undefined}
    >
      <h2>
        {pane.title} <span className="learn-note">{pane.note}</span>
      </h2>
      <div className="challenge-graph">
        <GraphView
          scene={scene}
          selected={selected}
          hovered={hovered}
          onSelect={onSelect}
          onHover={setHovered}
          camera={camera}
          name={pane.id}
        />
      </div>
    </section>
  );
}

export function ChallengeGraphs({ panes }: { readonly panes: readonly Pane[] }) {
  const [camera] = useState(() => new Camera());
  const [selected, setSelected] = useState<Subject | null>(null);
  return (
    <div className="challenge-panes" data-goal={panes.some(({ id }) => id === "goal") ? "" : undefined}>
      {panes.map((pane) => (
        <One key={pane.id} pane={pane} camera={camera} selected={selected} onSelect={setSelected} />
      ))}
    </div>
  );
}
