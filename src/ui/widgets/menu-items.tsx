/** What a menu holds, and how its items are drawn: the same in drop-down and context menus. */
import type { ContextMenu, DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Glyph } from "./glyphs.tsx";
import "./menu.css";

export interface MenuItem {
  readonly id: string;
  readonly label: ReactNode;
  /** For type-ahead when the label is not plain text. */
  readonly text?: string;
  /** Second line, e.g. what it would do. */
  readonly note?: ReactNode;
  /** Right-hand side: errno, shortcut, count. */
  readonly aside?: ReactNode;
  readonly checked?: boolean;
  /** Why it cannot be chosen now. */
  readonly reason?: string | null;
  run(): void;
}

export interface MenuGroup {
  readonly id: string;
  readonly title?: string;
  readonly items: readonly MenuItem[];
}

interface ItemsProps {
  readonly parts: typeof DropdownMenu | typeof ContextMenu;
  groups(): readonly MenuGroup[];
}

export function MenuItems({ parts, groups }: ItemsProps) {
  const { Group, Label, Item, Separator } = parts as typeof DropdownMenu;
  return groups()
    .filter(({ items }) => items.length > 0)
    .map((group, at) => (
      <Group key={group.id}>
        {at > 0 ? <Separator className="menu-line" /> : null}
        {group.title === undefined ? null : <Label className="menu-title">{group.title}</Label>}
        {group.items.map((item) => (
          <Item
            key={item.id}
            className="menu-item"
            data-testid={`menu-${item.id}`}
            disabled={typeof item.reason === "string"}
            {...(item.text === undefined ? {} : { textValue: item.text })}
            onSelect={() => item.run()}
          >
            <span className="menu-check">{item.checked === true ? <Glyph name="check" /> : null}</span>
            <span className="menu-main">
              <span className="menu-label">{item.label}</span>
              {item.note === undefined && typeof item.reason !== "string" ? null : (
                <span className="menu-note">{item.reason ?? item.note}</span>
              )}
            </span>
            {item.aside === undefined ? null : <span className="menu-aside">{item.aside}</span>}
          </Item>
        ))}
      </Group>
    ));
}
