/**
 * A channel to a worker failed while the worker itself may be well: a shared block that cannot be made or read, garbage, a
 * closed pipe. Never a timeout. What went into a block goes inline instead; a broken pipe costs the worker.
 */
export class WorkerCommunicationError extends Error {
  override name = 'WorkerCommunicationError';
}
