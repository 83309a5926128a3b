/** The drop-down menu itself; opens as it arrives, because somebody pressed its button. */
import { DropdownMenu } from "radix-ui";
import type { MenuProps } from "./menu.tsx";
import { MenuItems } from "./menu-items.tsx";

export default function MenuParts({ trigger, label, align = "start", groups }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
        >
          <MenuItems parts={DropdownMenu} groups={groups} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
