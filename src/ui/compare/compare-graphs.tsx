/** One graph a side, panned, zoomed and selected together. */
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { type SceneOptions, sceneOf } from "../../draw/scene.ts";
import type { Scene } from "../../draw/scene-types.ts";
import type { World } from "../../engine/world.ts";
import type { Side } from "../../review/sides.ts";
import { Camera } from "../graph/camera.ts";
import { GraphView } from "../graph/graph-view.tsx";
import type { Subject } from "../state/selection-store.ts";

const LETTERS = ["A", "B", "C", "D"] as const;

interface OneProps {
  readonly letter: string;
  readonly side: Side;
  readonly world: World;
  readonly camera: Camera;
  readonly selected: Subject | null;
  readonly differs: boolean;
  onSelect(subject: Subject | null): void;
}

function One({ letter, side, world, camera, selected, differs, onSelect }: OneProps) {
  const last = useRef<{ world: World; scene: Scene } | null>(null);
  const [hovered, setHovered] = useState<Subject | null>(null);
  const scene = useMemo(() => {
    const was = last.current;
    const options: SceneOptions =
      was === null || was.world.setup !== world.setup ? {} : { before: was.scene };
    return sceneOf(world, options);
  }, [world]);
  useLayoutEffect(() => {
    last.current = { world, scene };
  }, [world, scene]);
  return (
    <section
      className="compare-side"
      aria-label={`Side ${letter}: ${side.text}`}
      data-differs={differs || undefined}
    >
      <h2 className="compare-side-title">
        <span className="side-letter">{letter}</span> {side.text}
        <span className="compare-side-setup">
          kernel {world.setup.kernel.name}, QEMU {world.setup.qemu.name}
        </span>
      </h2>
      <div className="compare-graph">
        <GraphView
          scene={scene}
          selected={selected}
          hovered={hovered}
          onSelect={onSelect}
          onHover={setHovered}
          camera={camera}
          name={letter}
        />
      </div>
    </section>
  );
}

interface CompareGraphsProps {
  readonly sides: readonly Side[];
  readonly worlds: readonly World[];
  readonly differing: readonly boolean[];
  readonly selected: Subject | null;
  onSelect(subject: Subject | null): void;
}

export function CompareGraphs({ sides, worlds, differing, selected, onSelect }: CompareGraphsProps) {
  const [camera] = useState(() => new Camera());
  return (
    <div className="compare-graphs" data-sides={sides.length}>
      {sides.map((side, at) => {
        const world = worlds[at];
        const letter = LETTERS[at] ?? "";
        return world === undefined ? null : (
          <One
            key={letter}
            letter={letter}
            side={side}
            world={world}
            camera={camera}
            selected={selected}
            differs={differing[at] ?? false}
            onSelect={onSelect}
          />
        );
      })}
    </div>
  );
}
