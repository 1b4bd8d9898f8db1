/** At most two background checks at a time: a browser has six connections to a host, and clicks come first. */

const LANES = 2;
const waiting: (() => void)[] = [];
let running = 0;

export async function inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (running >= LANES) await new Promise<void>((go) => waiting.push(go));
  else running += 1;
  try {
    signal?.throwIfAborted();
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
