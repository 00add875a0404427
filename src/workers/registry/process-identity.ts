// What tells a process from another that got the same pid later.

export interface ProcessIdentity {
  readonly pid: number;
  /** The kernel's start time of the process, with the boot's id where there is one; compared only, never read. */
  readonly startTime: string;
  /** Process group; equal to `pid` in a group's leader. */
  readonly group: number;
  /** First word of its command line, which a worker sets to its title. */
  readonly title: string;
  /** MLX_WORKER_MARK in its environment; undefined when it has none or it cannot be read. */
  readonly mark: string | undefined;
}
