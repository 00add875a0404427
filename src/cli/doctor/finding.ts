// What one look of the doctor found, and what to do about it.

export type Verdict = 'ok' | 'warning' | 'problem';

export interface Finding {
  /** What was looked at. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What mends it; there is one unless all is well. */
  readonly fix: string | null;
}

export const ok = (name: string, detail: string): Finding => ({ name, verdict: 'ok', detail, fix: null });
export const warning = (name: string, detail: string, fix: string): Finding => ({
  name,
  verdict: 'warning',
  detail,
  fix,
});
export const problem = (name: string, detail: string, fix: string): Finding => ({
  name,
  verdict: 'problem',
  detail,
  fix,
});
