/** A context menu over whatever it holds. */
import { ContextMenu } from "radix-ui";
import type { ReactElement } from "react";
import { type MenuGroup, MenuItems } from "./menu-items.tsx";

interface ContextActionsProps {
  readonly children: ReactElement;
  readonly label: string;
  groups(): readonly MenuGroup[];
}

export function ContextActions({ children, label, groups }: ContextActionsProps) {
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content className="menu" collisionPadding={8} aria-label={label}>
          <MenuItems parts={ContextMenu} groups={groups} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
