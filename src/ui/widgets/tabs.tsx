/** Tabs: arrow keys walk them and show what they name at once; only the shown panel exists. */
import { type KeyboardEvent, type ReactNode, useId, useRef } from "react";

export interface Tab<T extends string> {
  readonly id: T;
  readonly name: string;
  /** What the tab shows beside or above its name. */
  readonly mark?: ReactNode;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<T>[];
  readonly value: T;
  readonly listClass: string;
  readonly tabClass: string;
  readonly panelClass: string;
  /** Puts list and panel where they belong. */
  children(list: ReactNode, panel: ReactNode): ReactNode;
  panel(id: T): ReactNode;
  onChoose(id: T): void;
}

const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowRight: (at, last) => (at === last ? 0 : at + 1),
  ArrowLeft: (at, last) => (at === 0 ? last : at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

const REACHABLE = { tabIndex: -1 } as const;

export function Tabs<T extends string>(props: TabsProps<T>) {
  const { label, tabs, value, listClass, tabClass, panelClass, children, panel, onChoose } = props;
  const base = useId();
  const list = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === value);
    const to = MOVES[event.key]?.(at, tabs.length - 1);
    const next = to === undefined ? undefined : tabs[to];
    if (to === undefined || next === undefined) return;
    event.preventDefault();
    onChoose(next.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[to]?.focus();
  };

  const tabList = (
    <div ref={list} className={listClass} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, name, mark }) => {
        const active = id === value;
        return (
          <button
            key={id}
            id={`${base}-tab-${id}`}
            type="button"
            className={tabClass}
            role="tab"
            aria-selected={active}
            aria-controls={active ? `${base}-panel` : undefined}
            data-state={active ? "active" : "inactive"}
            tabIndex={active ? 0 : -1}
            onClick={() => onChoose(id)}
          >
            {mark}
            {name}
          </button>
        );
      })}
    </div>
  );
  const tabPanel = (
    <div
      key={value}
      id={`${base}-panel`}
      className={panelClass}
      role="tabpanel"
      aria-labelledby={`${base}-tab-${value}`}
      data-testid={`tab-${value}`}
      {...REACHABLE}
    >
      {panel(value)}
    </div>
  );
  return children(tabList, tabPanel);
}
