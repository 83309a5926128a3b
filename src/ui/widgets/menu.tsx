/** Drop-down and context menus: the same items either way, each with an optional note and a reason when it is barred. */
import { ContextMenu, DropdownMenu } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
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
  readonly reason?: string | null;
  run(): void;
}

export interface MenuGroup {
  readonly id: string;
  readonly title?: string;
  readonly items: readonly MenuItem[];
}

type Parts = typeof DropdownMenu | typeof ContextMenu;

function Items({ parts, groups }: { readonly parts: Parts; readonly groups: readonly MenuGroup[] }) {
  const { Group, Label, Item, Separator } = parts as typeof DropdownMenu;
  return groups
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

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly label: string;
  readonly align?: "start" | "end";
  /** Asked when the menu opens: items may cost an engine step each. */
  groups(): readonly MenuGroup[];
}

export function Menu({ trigger, label, align = "start", groups }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
        >
          <MenuBody parts={DropdownMenu} groups={groups} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function MenuBody({ parts, groups }: { readonly parts: Parts; groups(): readonly MenuGroup[] }) {
  return <Items parts={parts} groups={groups()} />;
}

interface ContextProps {
  readonly children: ReactElement;
  readonly label: string;
  groups(): readonly MenuGroup[];
}

export function ContextActions({ children, label, groups }: ContextProps) {
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content className="menu" collisionPadding={8} aria-label={label}>
          <MenuBody parts={ContextMenu} groups={groups} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
