/**
 * A drop-down menu. The machinery behind it is loaded when a menu is first wanted; until then there is only its button.
 */
import { cloneElement, lazy, type ReactElement, Suspense, useState } from "react";
import type { MenuGroup } from "./menu-items.tsx";

const load = () => import("./menu-parts.tsx");
const MenuParts = lazy(load);

export interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly label: string;
  readonly align?: "start" | "end";
  /** Asked when the menu opens: items may cost an engine step each. */
  groups(): readonly MenuGroup[];
}

export function Menu(props: MenuProps) {
  const [wanted, setWanted] = useState(false);
  const preload = (): void => void load();
  const button = cloneElement(props.trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onClick: () => setWanted(true),
    onPointerEnter: preload,
    onFocus: preload,
  });
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <MenuParts {...props} />
    </Suspense>
  );
}
