/** Two lists of events, the log's and the model's, laid side by side. */

export interface Pair<L, M> {
  readonly log: L | null;
  readonly model: M | null;
}

/** How far the two may run apart before what follows counts as something else. */
const WINDOW = 32;

/**
 * Pairs equal keys in order; what has no partner within the window stands alone. Both lists come from the same step, so
 * a greedy search with the nearest partner is enough.
 */
export function align<L, M>(
  log: readonly L[],
  model: readonly M[],
  logKey: (l: L) => string,
  modelKey: (m: M) => string,
): Pair<L, M>[] {
  const out: Pair<L, M>[] = [];
  let i = 0;
  let j = 0;
  while (i < log.length && j < model.length) {
    const l = log[i] as L;
    const m = model[j] as M;
    if (logKey(l) === modelKey(m)) {
      out.push({ log: l, model: m });
      i++;
      j++;
      continue;
    }
    const ahead = find(model, j, logKey(l), modelKey);
    const behind = find(log, i, modelKey(m), logKey);
    if (ahead >= 0 && (behind < 0 || ahead - j <= behind - i)) {
      while (j < ahead) out.push({ log: null, model: model[j++] as M });
    } else if (behind >= 0) {
      while (i < behind) out.push({ log: log[i++] as L, model: null });
    } else {
      out.push({ log: l, model: null }, { log: null, model: m });
      i++;
      j++;
    }
  }
  while (i < log.length) out.push({ log: log[i++] as L, model: null });
  while (j < model.length) out.push({ log: null, model: model[j++] as M });
  return out;
}

/**
 * Pairs what says the same, and in the gaps between such pairs what is called the same: so a line that is missing is
 * reported as missing, not as a difference of all that follow.
 */
export function alignByMeaning<L, M>(
  log: readonly L[],
  model: readonly M[],
  logKeys: readonly [same: (l: L) => string, alike: (l: L) => string],
  modelKeys: readonly [same: (m: M) => string, alike: (m: M) => string],
): Pair<L, M>[] {
  const out: Pair<L, M>[] = [];
  let logs: L[] = [];
  let models: M[] = [];
  const flush = (): void => {
    out.push(...align(logs, models, logKeys[1], modelKeys[1]));
    logs = [];
    models = [];
  };
  for (const p of align(log, model, logKeys[0], modelKeys[0])) {
    if (p.log !== null && p.model !== null) {
      flush();
      out.push(p);
    } else if (p.log !== null) logs.push(p.log);
    else if (p.model !== null) models.push(p.model);
  }
  flush();
  return out;
}

function find<T>(list: readonly T[], from: number, key: string, keyOf: (t: T) => string): number {
  const end = Math.min(list.length, from + WINDOW);
  for (let k = from; k < end; k++) if (keyOf(list[k] as T) === key) return k;
  return -1;
}
