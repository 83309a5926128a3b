/** The places beside the lab: what each loads when somebody goes there. */
import { type ComponentType, type LazyExoticComponent, lazy, Suspense } from "react";
import type { PageId } from "../state/pages.ts";

const PLACES: Readonly<Record<PageId, LazyExoticComponent<ComponentType>>> = {
  learn: lazy(() => import("../learn/learn-place.tsx")),
  explore: lazy(() => import("../explore/explore-place.tsx")),
  replay: lazy(() => import("../replay/replay-place.tsx")),
  compare: lazy(() => import("../compare/compare-place.tsx")),
  reviews: lazy(() => import("../present/reviews-place.tsx")),
};

export function PagePlace({ page }: { readonly page: PageId }) {
  const Place = PLACES[page];
  return (
    <Suspense fallback={<div className="graph-wait">Opening…</div>}>
      <Place />
    </Suspense>
  );
}
