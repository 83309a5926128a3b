/** Walkthroughs: those that come with the lab, the reader's own, and the way to make one. */
import { useMemo, useRef } from "react";
import { playReview, tally } from "../../review/walk/play.ts";
import { openFile } from "../share/open-shared.ts";
import { useReview } from "../state/review-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { type LibraryReview, libraryOf, useLibrary } from "./library.ts";
import { leaveReview, ReviewView } from "./review-view.tsx";
import "../compare/compare.css";
import "./present.css";

function Card({ entry }: { readonly entry: LibraryReview }) {
  const { review } = entry;
  const standing = useMemo(() => tally(playReview(review).moments), [review]);
  return (
    <li>
      <button
        type="button"
        className="review-card"
        data-testid={`review-${entry.id}`}
        onClick={() => useLibrary.getState().choose(entry.id)}
      >
        <span className="review-card-title">{review.title}</span>
        <span className="review-card-about">{review.about}</span>
        <span className="review-card-facts">
          {review.steps.length} steps · {standing}
        </span>
      </button>
    </li>
  );
}

function Library({ all }: { readonly all: readonly LibraryReview[] }) {
  const file = useRef<HTMLInputElement>(null);
  const own = all.filter((one) => one.own);
  return (
    <div className="review-library">
      <ul className="review-cards" aria-label="Reviews of the lab">
        {all
          .filter((one) => !one.own)
          .map((entry) => (
            <Card key={entry.id} entry={entry} />
          ))}
      </ul>
      <h2 className="review-library-title">Your own</h2>
      {own.length === 0 ? (
        <p className="review-card-about">
          None yet. Recording takes what you play, with a heading, prose and a claim for each step; a file of
          a review opens by drop.
        </p>
      ) : (
        <ul className="review-cards" aria-label="Your own reviews">
          {own.map((entry) => (
            <Card key={`${entry.id} ${entry.review.title}`} entry={entry} />
          ))}
        </ul>
      )}
      <div className="review-ways">
        <Button look="primary" data-testid="record" onClick={() => useReview.getState().record(true)}>
          Record a review
        </Button>
        <Button onClick={() => file.current?.click()}>Open a file</Button>
        <input
          ref={file}
          type="file"
          accept=".md"
          hidden
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen !== undefined) void openFile(chosen);
            event.target.value = "";
          }}
        />
      </div>
    </div>
  );
}

export default function ReviewsPlace() {
  const own = useLibrary((library) => library.own);
  const open = useLibrary((library) => library.open);
  const all = libraryOf(own);
  const entry = all.find(({ id }) => id === open);
  return (
    <main className="review-place" data-testid="reviews" aria-label="Reviews">
      <header className="review-head">
        <Button onClick={() => useReview.getState().open(null)}>
          <Glyph name="back" />
          Back to the lab
        </Button>
        <h1 className="review-title">{entry === undefined ? "Reviews" : entry.review.title}</h1>
        <span className="review-about">
          {entry === undefined
            ? "Each step shows one thing and claims it; the claim is judged anew whenever you open it."
            : entry.review.about}
        </span>
        {entry === undefined ? null : (
          <Button look="quiet" onClick={leaveReview}>
            All reviews
          </Button>
        )}
      </header>
      {entry === undefined ? <Library all={all} /> : <ReviewView key={entry.id} entry={entry} />}
    </main>
  );
}
