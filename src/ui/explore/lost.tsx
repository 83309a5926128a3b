/** What a page that was thrown away could not keep: said where it would be, with the way to have it again. */
import type { ReactNode } from "react";
import { Button } from "../widgets/button.tsx";
import type { Run } from "./explore-store.ts";
import { searchAgain } from "./running.ts";

export function SearchAgain({ run }: { readonly run: Run }) {
  return (
    <Button data-testid="explore-again" onClick={() => searchAgain(run)}>
      Search again
    </Button>
  );
}

export function LostPart({ run, children }: { readonly run: Run; readonly children: ReactNode }) {
  return (
    <div className="explore-lost" data-testid="explore-lost">
      <p>{children}</p>
      <SearchAgain run={run} />
    </div>
  );
}
