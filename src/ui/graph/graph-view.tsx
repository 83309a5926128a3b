/**
 * The picture on the screen, given its content. React Flow holds positions and the viewport; what is selected or
 * hovered lives beside it (marks-store), and every event is taken once, at the pane.
 */
import "@xyflow/react/dist/base.css";
import "./graph.css";
import "./items.css";
import "./density.css";
import "./distance-name.css";
import "./distance-cell.css";
import "./map.css";
import {
  type Node,
  type NodeTypes,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type SyntheticEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { densityOf, detailAt, slotsFor } from "../../draw/layout.ts";
import { MAP_FROM } from "../../draw/layout-map.ts";
import type { Scene, Subject } from "../../draw/scene-types.ts";
import type { Ways } from "../../draw/ways.ts";
import { Attachments } from "./attachments.tsx";
import type { Camera, CameraView } from "./camera.ts";
import { type Carry, CarryLayer } from "./carry.tsx";
import { DmaPath } from "./dma-path.tsx";
import { domId } from "./dom-id.ts";
import { FloorNames } from "./floor-names.tsx";
import { GraphName } from "./graph-name.ts";
import { BarNode, CellNode, ChipNode, ColumnNode, FloorNode, FrameNode, TabNode } from "./item-nodes.tsx";
import { WALKS, walk } from "./keyboard.ts";
import { ShelfNode, TileNode } from "./map-nodes.tsx";
import { NONE, useMarks } from "./marks-store.ts";
import { Overview } from "./overview.tsx";
import { findColumn, findItem, followOf, keyOfSubject, relatedTo } from "./references.ts";
import { Legend, Tools, type View } from "./tools.tsx";
import { Twin } from "./twin.tsx";
import { boxOf, useDrawn } from "./use-drawn.ts";
import { useViewport } from "./use-viewport.ts";

const NODE_TYPES = {
  frame: FrameNode,
  bar: BarNode,
  cell: CellNode,
  tab: TabNode,
  chip: ChipNode,
  column: ColumnNode,
  floor: FloorNode,
  tile: TileNode,
  shelf: ShelfNode,
} as unknown as NodeTypes;
const NO_EDGES: never[] = [];
/** The graph takes focus as a whole and walks by itself; which item is current, it says by its id. */
const asOneWidget = (name: string, current: string | null) =>
  ({
    tabIndex: 0,
    "aria-activedescendant": current === null ? undefined : name + domId(current),
  }) as const;

/** More columns than this: only what is on the screen is in the document, and an overview helps. */
const LARGE = 24;

export interface GraphViewProps {
  readonly scene: Scene;
  readonly selected: Subject | null;
  readonly hovered: Subject | null;
  readonly onSelect: (subject: Subject | null) => void;
  readonly onHover: (subject: Subject | null) => void;
  readonly onInspect?: ((subject: Subject) => void) | undefined;
  readonly onDma?: ((dev: number) => void) | undefined;
  readonly onMenu?: ((subject: Subject, at: { x: number; y: number }) => void) | undefined;
  readonly ways?: Ways | null | undefined;
  /** Several graphs that are panned and zoomed as one. */
  readonly camera?: Camera | undefined;
  /** Tells several graphs on one page apart: `A`. */
  readonly name?: string | undefined;
  /** A device's attachment can be put on another box by hand. */
  readonly carry?: Carry | null | undefined;
}

export const GraphView = memo(function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <GraphName value={props.name === undefined ? "" : `${props.name}-`}>
        <Pane {...props} />
      </GraphName>
    </ReactFlowProvider>
  );
});

function Pane(props: GraphViewProps) {
  const { scene, selected, hovered, onSelect, onHover, onInspect, onDma, onMenu, ways, camera, name, carry } =
    props;
  const prefix = name === undefined ? "" : `${name}-`;
  const large = scene.declared > LARGE;
  const [chosen, setChosen] = useState<View | null>(null);
  const view: View = chosen ?? (scene.declared >= MAP_FROM ? "map" : "floors");
  const drawn = useDrawn(scene, view);
  const floors = drawn.view === "floors" ? drawn : null;

  const flowApi = useReactFlow();
  const detail = useStore((s) => (view === "map" ? "full" : detailAt(s.transform[2])));
  /** Text and lines that should stay readable when one stands back, in steps so that zooming is cheap. */
  const scale = useStore((s) => Math.min(3.2, Math.max(1, Math.ceil(3.4 / s.transform[2]) / 4)));

  // Marks: from subjects to keys.
  const stepped = useRef(scene);
  if (stepped.current !== scene) {
    stepped.current = scene;
    useMarks.setState({ stepAt: performance.now() });
  }
  const selectedKey = keyOfSubject(scene, selected);
  const hoveredKey = keyOfSubject(scene, hovered);
  useLayoutEffect(() => {
    useMarks.setState({ selected: selectedKey });
  }, [selectedKey]);
  useLayoutEffect(() => {
    useMarks.setState({ related: hoveredKey === null ? NONE : relatedTo(scene, hoveredKey) });
  }, [scene, hoveredKey]);

  const viewport = useViewport(
    `${view} ${scene.declared} ${scene.psmmus.length}`,
    drawn.layout.width,
    drawn.layout.height,
  );
  const { onMoveStart } = viewport;
  const place = useCallback(
    (to: CameraView) => {
      onMoveStart(to);
      void flowApi.setViewport(to);
    },
    [flowApi, onMoveStart],
  );
  useEffect(() => camera?.join(place), [camera, place]);
  const reveal = (key: string) => {
    const box = boxOf(drawn, scene, key);
    if (box !== null) viewport.reveal(box);
  };
  // A device opened in the far view: its column, once the floors are drawn.
  const opening = useRef<string | null>(null);
  useEffect(() => {
    if (floors === null || opening.current === null) return;
    const box = floors.layout.columns.get(opening.current);
    opening.current = null;
    if (box !== undefined) viewport.goTo(box);
  });

  const subjectOf = useCallback(
    (key: string): Subject | null => {
      const column = findColumn(scene, key);
      return column === null ? (findItem(scene, key)?.subject ?? null) : { kind: "device", dev: column.dev };
    },
    [scene],
  );
  const devOf = (key: string | null): number | null =>
    key === null ? null : (findColumn(scene, key)?.dev ?? findItem(scene, key)?.dev ?? null);

  const keyAt = (event: SyntheticEvent): string | null =>
    (event.target as Element).closest<HTMLElement>("[data-key]")?.dataset.key ?? null;

  const select = (key: string | null) => onSelect(key === null ? null : subjectOf(key));
  const follow = (key: string) => {
    if (view === "map" && findColumn(scene, key) !== null) {
      opening.current = key;
      setChosen("floors");
      return;
    }
    const to = followOf(scene, key);
    if (to === null) return;
    select(to);
    reveal(to);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WALKS[event.key];
    if (way !== undefined) {
      const to =
        floors === null
          ? walkMap(scene, selectedKey, event.key)
          : walk(scene, floors.layout, selectedKey, way);
      if (to !== null) {
        select(to);
        reveal(to);
      }
    } else if (event.key === "Enter") {
      const subject = selectedKey === null ? null : subjectOf(selectedKey);
      if (subject !== null) onInspect?.(subject);
    } else if (event.key === "d") {
      const dev = devOf(selectedKey);
      if (dev !== null) onDma?.(dev);
    } else if (event.key === " ") {
      if (selectedKey !== null) follow(selectedKey);
    } else if (event.key === "f") viewport.showAll();
    else if (event.key === "+" || event.key === "=") void flowApi.zoomIn();
    else if (event.key === "-") void flowApi.zoomOut();
    else if (event.key === "Escape") select(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section
      className="graph-pane"
      aria-label={name === undefined ? "Graph" : `Graph ${name}`}
      data-testid="graph"
    >
      <div
        className="graph"
        aria-label="Graph of guest, QEMU, iommufd and hardware. Arrow keys walk, Enter inspects, Space follows, d sends DMA, f shows everything."
        role="application"
        {...asOneWidget(prefix, selectedKey)}
        data-detail={detail}
        data-view={view}
        data-density={view === "floors" ? densityOf(scene) : "roomy"}
        data-diverging={scene.attachments.some((one) => one.diverges !== "") ? "" : undefined}
        style={{ "--scale": scale, "--pivot": `${slotsFor(scene).lane.translate}px` } as CSSProperties}
        onKeyDown={onKeyDown}
        onClick={(event) => select(keyAt(event))}
        onDoubleClick={(event) => {
          const key = keyAt(event);
          if (key !== null) follow(key);
        }}
        onContextMenu={(event) => {
          const key = keyAt(event);
          const subject = key === null ? null : subjectOf(key);
          if (subject === null || onMenu === undefined) return;
          event.preventDefault();
          onMenu(subject, { x: event.clientX, y: event.clientY });
        }}
        onPointerOver={(event) => {
          const key = keyAt(event);
          onHover(key === null ? null : subjectOf(key));
        }}
        onPointerLeave={() => onHover(null)}
      >
        <ReactFlow
          nodes={drawn.nodes as unknown as Node[]}
          edges={NO_EDGES}
          nodeTypes={NODE_TYPES}
          minZoom={0.02}
          maxZoom={2.5}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          panActivationKeyCode={null}
          zoomOnDoubleClick={false}
          panOnScroll
          onlyRenderVisibleElements={large}
          attributionPosition="bottom-right"
          onMoveStart={viewport.onMoveStart}
          {...(camera === undefined
            ? {}
            : {
                onMove: (event: unknown, to: CameraView) =>
                  event === null ? undefined : camera.move(place, to),
              })}
        >
          {floors === null ? null : <Attachments wires={floors.wires} large={large} />}
          {ways == null || floors === null ? null : (
            <DmaPath layout={floors.layout} slots={slotsFor(scene)} ways={ways} />
          )}
          {carry == null || floors === null ? null : (
            <CarryLayer scene={scene} layout={floors.layout} carry={carry} />
          )}
        </ReactFlow>
        {floors === null ? null : <FloorNames floors={floors.layout.floors} />}
      </div>
      <div className="graph-foot">
        <Legend />
        {large && floors !== null ? <Overview scene={scene} layout={floors.layout} /> : null}
        <Tools
          view={view}
          onView={scene.declared >= MAP_FROM / 4 || view === "map" ? setChosen : null}
          onFit={viewport.showAll}
        />
      </div>
      <Twin scene={scene} />
    </section>
  );
}

/** In the far view the keys walk devices in their order; up and down change the tile. */
function walkMap(scene: Scene, from: string | null, key: string): string | null {
  const blocks = scene.blocks.map((block) => block.columns.filter((column) => !column.ghost));
  const all = blocks.flat();
  const at = all.findIndex((column) => column.key === from);
  if (at < 0) return all[0]?.key ?? null;
  if (key === "Home") return all[0]?.key ?? null;
  if (key === "End") return all.at(-1)?.key ?? null;
  if (key === "ArrowLeft" || key === "ArrowRight")
    return all[at + (key === "ArrowLeft" ? -1 : 1)]?.key ?? from;
  const tile = blocks.findIndex((columns) => columns.some((column) => column.key === from));
  const within = blocks[tile]?.findIndex((column) => column.key === from) ?? 0;
  const step = key === "ArrowUp" ? -1 : 1;
  for (let t = tile + step; t >= 0 && t < blocks.length; t += step) {
    const columns = blocks[t] ?? [];
    if (columns.length > 0) return columns[Math.min(within, columns.length - 1)]?.key ?? from;
  }
  return from;
}
