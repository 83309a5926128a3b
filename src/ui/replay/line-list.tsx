/** The log itself beside the steps: every line with its number, at the step on the table. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { Button } from "../widgets/button.tsx";
import type { ReplayClient } from "./client.ts";
import type { LineMap } from "./line-map.ts";
import { rowByKey } from "./list-keys.ts";
import type { ScrollTogether } from "./scroll-together.ts";
import { useLines } from "./use-lines.ts";

interface LineListProps {
  readonly client: ReplayClient;
  readonly map: LineMap;
  /** Lines of the step on the table, both included; 0, 0 for none. */
  readonly first: number;
  readonly last: number;
  /** Line that was asked for by number; 0 for none. It is shown first. */
  readonly asked: number;
  readonly together: ScrollTogether;
  readonly differs: ReadonlySet<number>;
  onLine(line: number): void;
}

const ROW = 22;
/** No browser scrolls over arbitrarily many pixels: so many rows are listed at once. */
const WINDOW = 200_000;

export function LineList({ client, map, first, last, asked, together, differs, onLine }: LineListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [base, setBase] = useState(0);
  const [active, setActive] = useState<number | null>(null);
  const from = Math.min(base, Math.max(0, map.count - 1));
  const count = Math.min(WINDOW, map.count - from);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 16,
  });
  const items = virtual.getVirtualItems();
  const text = useLines(
    client,
    items.map(({ index }) => map.lineAt(from + index)),
  );

  const shown = asked > 0 ? asked : first;
  const target = shown > 0 ? map.indexOf(shown) : -1;
  const inWindow = target >= from && target < from + count;
  useEffect(() => {
    if (target >= 0 && !inWindow) setBase(Math.max(0, target - WINDOW / 2));
  }, [target, inWindow]);
  useEffect(() => {
    if (!inWindow) return;
    setActive(target);
    virtual.scrollToIndex(target - from, { align: "start" });
  }, [virtual, target, inWindow, from]);

  useEffect(
    () =>
      together.join("lines", (line) => {
        const at = map.indexOf(line);
        if (at >= from && at < from + count) virtual.scrollToIndex(at - from, { align: "start" });
        else setBase(Math.max(0, at - WINDOW / 2));
      }),
    [together, virtual, map, from, count],
  );
  const onScroll = (): void => {
    const top = Math.floor((scroller.current?.scrollTop ?? 0) / ROW);
    if (count > 0) together.scrolled("lines", map.lineAt(from + Math.min(top, count - 1)));
  };

  const onClick = (event: MouseEvent): void => {
    const row = (event.target as Element).closest<HTMLElement>("[data-row]");
    if (row === null) return;
    const index = Number(row.dataset.row);
    setActive(index);
    onLine(map.lineAt(index));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    together.letGo();
    const here = active ?? from;
    const to = rowByKey(event, here - from, count);
    if (to !== null) {
      setActive(from + to);
      virtual.scrollToIndex(to, { align: "auto" });
    } else if (event.key === "Enter" || event.key === " ") {
      onLine(map.lineAt(here));
      event.preventDefault();
    }
  };
  const shift = (by: number): void => {
    setBase(Math.max(0, Math.min(map.count - WINDOW, from + by)));
    scroller.current?.scrollTo({ top: 0 });
  };

  return (
    <div
      ref={scroller}
      className="log-pane log-lines"
      role="listbox"
      aria-label="Lines of the log"
      aria-activedescendant={active === null ? undefined : `log-line-${active}`}
      tabIndex={0}
      data-testid="log-lines"
      onClick={onClick}
      onKeyDown={onKeyDown}
      onScroll={onScroll}
      onWheel={() => together.take("lines")}
      onPointerDown={() => together.take("lines")}
    >
      <div className="log-length" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const at = from + index;
          const line = map.lineAt(at);
          const current = line >= first && line <= last;
          return (
            <div
              key={at}
              id={`log-line-${at}`}
              className="log-row"
              role="option"
              aria-selected={current}
              aria-setsize={map.count}
              aria-posinset={at + 1}
              tabIndex={-1}
              data-row={at}
              data-current={current || undefined}
              data-active={at === active || undefined}
              data-differs={differs.has(line) || undefined}
              style={{ transform: `translateY(${start}px)` }}
            >
              <span className="log-number">{line}</span>
              <span className="log-row-text">{text(line) ?? " "}</span>
              {differs.has(line) ? <span className="log-mark">differs</span> : null}
            </div>
          );
        })}
      </div>
      {map.count > WINDOW ? (
        <div className="log-away" role="presentation">
          {from > 0 ? <Button onClick={() => shift(-WINDOW)}>Earlier lines</Button> : null}
          {from + count < map.count ? <Button onClick={() => shift(WINDOW)}>Later lines</Button> : null}
        </div>
      ) : null}
    </div>
  );
}
