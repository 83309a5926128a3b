/** Threads of Node for a search. This very file, or the bundle it went into, is what a thread starts with. */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { expanderService, type ToExpander } from "../explore/expander.ts";
import type { Peer } from "../explore/pool.ts";

const MARK = "vsmmu-lab explore";

/** Heap of one thread: what it remembers of the engine's answers. */
const HEAP_MB = 4096;

function threadPeer(): Peer {
  const thread = new Worker(new URL(import.meta.url), {
    workerData: MARK,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 192 },
  });
  return {
    send: (message) => thread.postMessage(message),
    listen: (hear, broken) => {
      thread.on("message", hear);
      thread.on("error", broken);
      thread.on("exit", (code) => broken(new Error(`a thread of the search ended with exit status ${code}`)));
    },
    end: () => void thread.terminate(),
  };
}

export const threadPeers = (count: number): readonly Peer[] => Array.from({ length: count }, threadPeer);

if (workerData === MARK && parentPort !== null) {
  const port = parentPort;
  const serve = expanderService((message) => port.postMessage(message));
  port.on("message", (message: ToExpander) => serve(message));
}
