/** A button. `reason` makes it unavailable without hiding why: it keeps its place in the tab order and says so. */
import type { ComponentPropsWithRef, ReactNode } from "react";
import "./button.css";

export interface ButtonProps extends Omit<ComponentPropsWithRef<"button">, "type" | "disabled"> {
  readonly look?: "plain" | "primary" | "quiet";
  /** Only an icon: smaller, square; needs an aria-label. */
  readonly icon?: boolean;
  /** Why it cannot be pressed now. */
  readonly reason?: string | null | undefined;
  readonly children: ReactNode;
}

export function Button({
  look = "plain",
  icon = false,
  reason = null,
  className = "",
  onClick,
  ...rest
}: ButtonProps) {
  const barred = reason !== null;
  return (
    <button
      {...rest}
      type="button"
      className={`btn btn-${look} ${icon ? "btn-icon" : ""} ${className}`}
      aria-disabled={barred || undefined}
      onClick={barred ? undefined : onClick}
    />
  );
}
