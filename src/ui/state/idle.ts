/** Work that may wait until the step has been painted. Jobs run in order, as many a turn as fit into a few milliseconds. */
const jobs = new Map<object, () => void>();
let scheduled = false;
const SLICE_MS = 8;

const later: (run: () => void) => void =
  typeof requestIdleCallback === "function"
    ? (run) => void requestIdleCallback(run, { timeout: 300 })
    : (run) => void setTimeout(run, 30);

function work(): void {
  scheduled = false;
  const end = performance.now() + SLICE_MS;
  for (const [key, job] of jobs) {
    jobs.delete(key);
    job();
    if (performance.now() > end) break;
  }
  if (jobs.size > 0) plan();
}

function plan(): void {
  if (scheduled) return;
  scheduled = true;
  later(work);
}

/** Runs `job` soon; another job for the same `key` takes its place. The returned function calls it off. */
export function whenIdle(key: object, job: () => void): () => void {
  jobs.delete(key);
  jobs.set(key, job);
  plan();
  return () => {
    if (jobs.get(key) === job) jobs.delete(key);
  };
}
