// Waiting for what must come.

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds until `condition` held. @throws Error naming `what` when it does not within `timeoutMs` */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<number> {
  const beganMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - beganMs > timeoutMs) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await delay(5);
  }
  return performance.now() - beganMs;
}

/** As {@link until}, and infinite instead of an error. */
export async function msUntil(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<number> {
  try {
    return await until('', condition, timeoutMs);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
