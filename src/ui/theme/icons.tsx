/** The states' icons: always next to their word (or, at far zoom, under a label that says it). */
import { ICON_PATHS, type IconName, KIND_WORDS } from "../../draw/icons.ts";

export function StateIcon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="state-icon"
      data-kind={name}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      <path d={ICON_PATHS[name]} />
    </svg>
  );
}

/**
 * Colour, icon and word together. `solid` is for the one thing to see first; `text` replaces the usual word
 * (`every stream: abort`, `D1`).
 */
export function StateTag({
  name,
  text,
  solid = false,
}: {
  readonly name: IconName;
  readonly text?: string;
  readonly solid?: boolean;
}) {
  return (
    <span className={solid ? "state-tag state-tag-solid" : "state-tag"} data-kind={name}>
      <StateIcon name={name} size={12} />
      <span className="state-word">{text ?? KIND_WORDS[name]}</span>
    </span>
  );
}
