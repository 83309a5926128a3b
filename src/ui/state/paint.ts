/**
 * From an action to the pixels that show it. Tests wait for `<html data-idle>` instead of sleeping; the benchmark
 * reads the `lab:action` measures.
 */
const MEASURE = "lab:action";
let started: number | null = null;

/** An action begins: the page is busy until `painted` has run. */
export function actionStarted(): void {
  started ??= performance.now();
  document.documentElement.removeAttribute("data-idle");
}

let waiting = 0;

/** Called once React has committed; marks the page idle after the browser has painted that commit. */
export function committed(beat: number): void {
  const turn = ++waiting;
  requestAnimationFrame(() => {
    // A message is handled after the frame it was posted in has been painted.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      if (turn !== waiting) return;
      if (started !== null) performance.measure(MEASURE, { start: started, end: performance.now() });
      started = null;
      document.documentElement.dataset.idle = String(beat);
    };
    port2.postMessage(null);
  });
}
