/** A class in which a promise breaks: a divergence in its colour, everything else as a plain word. */
import { StateTag } from "../theme/icons.tsx";

export function ClassTag({ cls }: { readonly cls: string }) {
  if (/^D\d+b?$/.test(cls)) return <StateTag name="diverges" text={cls} />;
  return <span className="explore-class">{cls}</span>;
}
