// What one process really holds of the machine's memory, and how it is asked for.

export interface Footprint {
  /** Memory that would be free without the process: its own pages, its share of shared ones, mapped weights. */
  readonly bytes: number;
  /** Of them, pages of files, which the system counts as available although a model works with them. */
  readonly mappedBytes: number;
}

/** Null where the process is gone, or the system does not say. */
export type ReadFootprint = (pid: number) => Promise<Footprint | null>;
