// Generating requests that can be ended from outside, by their id.

export interface LiveRequests {
  /** Makes `stop` reachable under `id` until the function returned is called. */
  add(id: string, stop: () => void): () => void;
  /** False when no such request runs or waits. */
  cancel(id: string): boolean;
}

export function createLiveRequests(): LiveRequests {
  const stops = new Map<string, () => void>();
  return {
    add(id, stop) {
      stops.set(id, stop);
      return () => stops.delete(id);
    },
    cancel(id) {
      const stop = stops.get(id);
      stop?.();
      return stop !== undefined;
    },
  };
}
