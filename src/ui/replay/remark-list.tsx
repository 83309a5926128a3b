/** What somebody saw beside the log: the guest's console, notes, measurements. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Remark } from "../../replay/job.ts";
import type { ScrollTogether } from "./scroll-together.ts";

interface RemarkListProps {
  readonly remarks: readonly Remark[];
  /** Lines of the step on the table; 0, 0 for none. */
  readonly first: number;
  readonly last: number;
  readonly together: ScrollTogether;
  onLine(line: number): void;
}

const ROW = 22;
/** It scrolls by itself, so the keyboard has to get there. */
const REACHABLE = { tabIndex: 0 } as const;

/** Index of the last remark that was made up to a line; -1 for none. */
function remarkAt(remarks: readonly Remark[], line: number): number {
  let found = -1;
  for (const [at, remark] of remarks.entries()) {
    if (remark.line > line) break;
    if (remark.line > 0) found = at;
  }
  return found;
}

export function RemarkList({ remarks, first, last, together, onLine }: RemarkListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: remarks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const at = last > 0 ? remarkAt(remarks, last) : -1;
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "center" });
  }, [virtual, at]);
  useEffect(
    () =>
      together.join("remarks", (line) =>
        virtual.scrollToIndex(Math.max(0, remarkAt(remarks, line)), { align: "start" }),
      ),
    [together, virtual, remarks],
  );
  return (
    <section
      ref={scroller}
      className="log-pane log-lines"
      aria-label="Console and notes beside the log"
      data-testid="log-remarks"
      {...REACHABLE}
    >
      <div className="log-length" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const remark = remarks[index];
          if (remark === undefined) return null;
          const { line, tag, text } = remark;
          return (
            <div
              key={index}
              className="log-row"
              data-current={index === at || (line >= first && line <= last && line > 0) || undefined}
              style={{ transform: `translateY(${start}px)` }}
            >
              {line === 0 ? null : (
                <button type="button" className="link log-number" onClick={() => onLine(line)}>
                  {line}
                </button>
              )}
              {tag === "" ? null : <span className="log-inferred">{tag}</span>}
              <span className="log-row-text">{text}</span>
            </div>
          );
        })}
      </div>
    </section>
  );
}
