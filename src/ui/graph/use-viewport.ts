/**
 * Where one looks: everything at first; after that only what the reader asks for, unless something new would be cut
 * off and nobody has chosen a view yet.
 */
import { useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { type Box, M } from "../../draw/layout.ts";

/** Room that fitting leaves for what is pinned to the pane: floor names, legend and tools. */
const MARGIN = { left: 40, top: 8, right: 12, bottom: 48 } as const;
/** In a narrow pane the legend takes two lines. */
const NARROW_PANE = 560;
const bottomOf = (pane: { readonly width: number }): number =>
  MARGIN.bottom + (pane.width < NARROW_PANE ? 24 : 0);
const FIT_ZOOM = 1.25;

const motion = (): number =>
  typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 180;

export interface Viewport {
  showAll(): void;
  /** Moves just so that a box is on the screen; of a long one, its head. */
  reveal(box: Box): void;
  /** Goes to a box at reading distance, once the picture it is in has been drawn. */
  goTo(box: Box): void;
  /** The reader moves the picture (an event) or the program does (none). */
  onMoveStart(event: unknown): void;
}

/** `picture`: changes when another picture is shown, not when the same one changes. */
export function useViewport(picture: string, width: number, height: number): Viewport {
  const flow = useReactFlow();
  const store = useStoreApi();
  const moved = useRef(false);
  const ready = useStore((s) => s.width > 0 && s.height > 0);

  const showAll = useCallback(() => {
    const pane = store.getState();
    if (pane.width === 0 || pane.height === 0) return;
    moved.current = false;
    const w = pane.width - MARGIN.left - MARGIN.right;
    const h = pane.height - MARGIN.top - bottomOf(pane);
    const zoom = Math.min(FIT_ZOOM, w / width, h / height);
    const x = MARGIN.left + Math.max(0, (w - width * zoom) / 2);
    const y = MARGIN.top + Math.max(0, (h - height * zoom) / 2);
    void flow.setViewport({ x, y, zoom });
  }, [flow, store, width, height]);

  const shown = useRef("");
  useLayoutEffect(() => {
    if (!ready) return;
    const pane = store.getState();
    const [x, y, zoom] = pane.transform;
    const cut = x + width * zoom > pane.width || y + height * zoom > pane.height - bottomOf(pane) / 2;
    const other = shown.current !== picture;
    shown.current = picture;
    if (other || (cut && !moved.current)) showAll();
  }, [ready, showAll, picture, width, height, store]);

  useEffect(() => {
    // A pane that changes its size shows everything again, as long as nobody has chosen a view.
    let last = store.getState();
    return store.subscribe((s) => {
      const same = s.width === last.width && s.height === last.height;
      last = s;
      if (same) return;
      if (!moved.current) showAll();
    });
  }, [store, showAll]);

  const reveal = useCallback(
    (box: Box) => {
      const pane = store.getState();
      if (pane.width === 0) return;
      const [x, y, zoom] = pane.transform;
      const w = Math.min(box.w, M.head);
      const h = Math.min(box.h, M.frame);
      const left = box.x * zoom + x;
      const top = box.y * zoom + y;
      const inside =
        left >= 0 &&
        top >= 0 &&
        left + w * zoom <= pane.width &&
        top + h * zoom <= pane.height - bottomOf(pane);
      if (!inside) void flow.setCenter(box.x + w / 2, box.y + h / 2, { zoom, duration: motion() });
    },
    [flow, store],
  );

  const goTo = useCallback(
    (box: Box) => {
      moved.current = true;
      const zoom = Math.min(1, (store.getState().height - MARGIN.top - MARGIN.bottom) / box.h);
      void flow.setCenter(box.x + box.w / 2, box.y + box.h / 2, { zoom });
    },
    [flow, store],
  );

  const onMoveStart = useCallback((event: unknown) => {
    if (event !== null) moved.current = true;
  }, []);
  return { showAll, reveal, goTo, onMoveStart };
}
