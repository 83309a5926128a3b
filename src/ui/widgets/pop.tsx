/** A panel that opens under its button. Loaded when it is first wanted, like menus. */
import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useState } from "react";

const load = () => import("./pop-parts.tsx");
const PopParts = lazy(load);

export interface PopProps {
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly label: string;
  readonly className?: string;
  /** Asked while it is open. */
  content(close: () => void): ReactNode;
}

export function Pop(props: PopProps) {
  const [wanted, setWanted] = useState(false);
  const preload = (): void => void load();
  const button = cloneElement(props.trigger, {
    "aria-haspopup": "dialog",
    "aria-expanded": false,
    onClick: () => setWanted(true),
    onPointerEnter: preload,
    onFocus: preload,
  });
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <PopParts {...props} />
    </Suspense>
  );
}
