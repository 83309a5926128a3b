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
  type NodeTypes,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  useStoreApi,
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
import { type Box, densityOf, detailAt, M, slotsFor } from "../../draw/layout.ts";
import { cellAt, MAP_FROM } from "../../draw/layout-map.ts";
import type { Scene, Subject } from "../../draw/scene-types.ts";
import type { Ways } from "../../draw/ways.ts";
import { Attachments } from "./attachments.tsx";
import { DmaPath } from "./dma-path.tsx";
import { domId } from "./dom-id.ts";
import { FloorNames } from "./floor-names.tsx";
import type { GraphNode } from "./flow-nodes.ts";
import { BarNode, CellNode, ChipNode, ColumnNode, FloorNode, FrameNode, TabNode } from "./item-nodes.tsx";
import { WALKS, walk } from "./keyboard.ts";
import { type MapNode, mapFlowOf } from "./map-flow.ts";
import { ShelfNode, TileNode } from "./map-nodes.tsx";
import { NONE, useMarks } from "./marks-store.ts";
import { Overview } from "./overview.tsx";
import { type MapPicture, mapPictureOf, type Picture, pictureOf } from "./picture.ts";
import { findColumn, findItem, followOf, keyOfSubject, relatedTo } from "./references.ts";
import { Legend, Tools, type View } from "./tools.tsx";
import { Twin } from "./twin.tsx";

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
const asOneWidget = (current: string | null) =>
  ({
    tabIndex: 0,
    "aria-activedescendant": current === null ? undefined : domId(current),
  }) as const;

/** Room that fitting leaves for what is pinned to the pane: floor names, legend and tools. */
const MARGIN = { left: 40, top: 8, right: 12, bottom: 48 } as const;
const FIT_ZOOM = 1.25;
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
}

export const GraphView = memo(function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Pane {...props} />
    </ReactFlowProvider>
  );
});

const motion = (): number =>
  typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 180;

/** Keeps the last value of a derived picture, so that the next one can take over what did not change. */
function useKept<T>(make: (before: T | null) => T): T {
  const kept = useRef<T | null>(null);
  const next = make(kept.current);
  useLayoutEffect(() => {
    kept.current = next;
  });
  return next;
}

function Pane(props: GraphViewProps) {
  const { scene, selected, hovered, onSelect, onHover, onInspect, onDma, onMenu, ways } = props;
  const large = scene.declared > LARGE;
  const [chosen, setChosen] = useState<View | null>(null);
  const view: View = chosen ?? (scene.declared >= MAP_FROM ? "map" : "floors");
  const picture = useKept<Picture>((before) => pictureOf(scene, before));
  const map = useKept<MapPicture | null>((before) => (view === "map" ? mapPictureOf(scene, before) : null));
  const mapNodes = useKept<readonly MapNode[] | null>((before) =>
    map === null ? null : mapFlowOf(scene, map.layout, before),
  );
  const { layout, flow } = picture;
  const size = map === null ? layout : map.layout;

  const flowApi = useReactFlow();
  const store = useStoreApi();
  const detail = useStore((s) => (view === "map" ? "full" : detailAt(s.transform[2])));
  /** Text and lines that should stay readable when one stands back, in steps so that zooming is cheap. */
  const scale = useStore((s) => Math.min(3.2, Math.max(1, Math.ceil(3.4 / s.transform[2]) / 4)));
  const ready = useStore((s) => s.width > 0 && s.height > 0);

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

  // The viewport: everything at first; later only if something would be cut off and nobody has moved it.
  const moved = useRef(false);
  const showAll = useCallback(() => {
    const { width, height } = store.getState();
    if (width === 0 || height === 0) return;
    moved.current = false;
    const w = width - MARGIN.left - MARGIN.right;
    const h = height - MARGIN.top - MARGIN.bottom;
    const zoom = Math.min(FIT_ZOOM, w / size.width, h / size.height);
    const x = MARGIN.left + Math.max(0, (w - size.width * zoom) / 2);
    const y = MARGIN.top + Math.max(0, (h - size.height * zoom) / 2);
    void flowApi.setViewport({ x, y, zoom });
  }, [flowApi, store, size.width, size.height]);
  const fitted = useRef("");
  useLayoutEffect(() => {
    if (!ready) return;
    const { width, height, transform } = store.getState();
    const key = `${view} ${scene.declared} ${scene.psmmus.length}`;
    const [x, y, zoom] = transform;
    const cut = x + size.width * zoom > width || y + size.height * zoom > height - MARGIN.bottom / 2;
    if (fitted.current !== key || (cut && !moved.current)) showAll();
    fitted.current = key;
  }, [ready, showAll, view, scene.declared, scene.psmmus.length, size.width, size.height, store]);
  useEffect(() => {
    // A pane that changes its size shows everything again, as long as nobody has chosen a view.
    let last = store.getState().width;
    return store.subscribe((s) => {
      if (s.width === last) return;
      last = s.width;
      if (!moved.current) showAll();
    });
  }, [store, showAll]);

  const boxOf = useCallback(
    (key: string): Box | null => {
      if (map === null) return layout.boxes.get(key) ?? layout.columns.get(key) ?? null;
      for (const block of scene.blocks)
        for (const column of block.columns) {
          const tile = map.layout.tiles.get(block.key);
          if (column.key !== key || tile === undefined) continue;
          const { x, y } = cellAt(column.slot, map.layout.perRow);
          return { x: tile.x + x, y: tile.y + y, w: 28, h: 28 };
        }
      return map.layout.bars.get(key) ?? null;
    },
    [layout, map, scene],
  );
  const reveal = useCallback(
    (key: string) => {
      const box = boxOf(key);
      const { width, height, transform } = store.getState();
      const [x, y, zoom] = transform;
      if (box === null || width === 0) return;
      // A long bar is seen when its head is.
      const w = Math.min(box.w, M.head);
      const h = Math.min(box.h, M.frame);
      const left = box.x * zoom + x;
      const top = box.y * zoom + y;
      const inside =
        left >= 0 && top >= 0 && left + w * zoom <= width && top + h * zoom <= height - MARGIN.bottom;
      if (!inside) void flowApi.setCenter(box.x + w / 2, box.y + h / 2, { zoom, duration: motion() });
    },
    [boxOf, flowApi, store],
  );

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
  const openFloors = (key: string) => {
    setChosen("floors");
    const box = layout.columns.get(key);
    if (box === undefined) return;
    // The floors are laid out already; go there once they are on the screen.
    requestAnimationFrame(() => {
      moved.current = true;
      const { height } = store.getState();
      const zoom = Math.min(1, (height - MARGIN.top - MARGIN.bottom) / layout.height);
      void flowApi.setCenter(box.x + box.w / 2, layout.height / 2, { zoom });
    });
  };
  const follow = (key: string) => {
    if (view === "map" && findColumn(scene, key) !== null) {
      openFloors(key);
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
        view === "map" ? walkMap(scene, selectedKey, event.key) : walk(scene, layout, selectedKey, way);
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
    } else if (event.key === "f") showAll();
    else if (event.key === "+" || event.key === "=") void flowApi.zoomIn();
    else if (event.key === "-") void flowApi.zoomOut();
    else if (event.key === "Escape") select(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section className="graph-pane" aria-label="Graph" data-testid="graph">
      <div
        className="graph"
        aria-label="Graph of guest, QEMU, iommufd and hardware. Arrow keys walk, Enter inspects, Space follows, d sends DMA, f shows everything."
        role="application"
        {...asOneWidget(selectedKey)}
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
          nodes={(mapNodes ?? flow.nodes) as GraphNode[]}
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
          onMoveStart={(event) => {
            if (event !== null) moved.current = true;
          }}
        >
          {map === null ? <Attachments wires={flow.wires} /> : null}
          {ways == null || map !== null ? null : (
            <DmaPath layout={layout} slots={slotsFor(scene)} ways={ways} />
          )}
        </ReactFlow>
        {map === null ? <FloorNames floors={layout.floors} /> : null}
      </div>
      <div className="graph-foot">
        <Legend />
        {large && map === null ? <Overview scene={scene} layout={layout} /> : null}
        <Tools
          view={view}
          onView={scene.declared >= MAP_FROM / 4 || view === "map" ? setChosen : null}
          onFit={showAll}
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
