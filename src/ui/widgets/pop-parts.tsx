/** The panel itself; opens as it arrives, because somebody pressed its button. */
import { Popover } from "radix-ui";
import { useState } from "react";
import type { PopProps } from "./pop.tsx";
import "./menu.css";

export default function PopParts({ trigger, label, className = "", content }: PopProps) {
  const [open, setOpen] = useState(true);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`menu ${className}`}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
        >
          {content(() => setOpen(false))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
