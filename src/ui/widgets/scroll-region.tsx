/** A named part that scrolls by itself and can therefore be reached with the keyboard. */
import type { ReactNode } from "react";

const REACHABLE = { tabIndex: 0 } as const;

interface ScrollRegionProps {
  readonly className: string;
  readonly label: string;
  readonly children: ReactNode;
}

export function ScrollRegion({ className, label, children }: ScrollRegionProps) {
  return (
    <section className={className} aria-label={label} {...REACHABLE}>
      {children}
    </section>
  );
}
