// The kills dealt, by engine and phase, and by signal.
import type { Dealt } from './killer.ts';
import { manners, models, phases } from './plan.ts';

export function summaryLines(dealt: readonly Dealt[]): string[] {
  const hits = dealt.filter(({ hit }) => hit);
  const line = (name: string, cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(36)}${cells.map((cell) => String(cell).padStart(16)).join('')}`;
  const count = (test: (one: Dealt) => boolean): number => hits.filter(test).length;
  const rows = models.map((model) =>
    line(model, [
      ...phases.map((phase) => count(({ kill }) => kill.model === model && kill.phase === phase)),
      count(({ kill }) => kill.model === model),
    ]),
  );
  const bySignal = manners.map((manner) => `${manner} ${count(({ kill }) => kill.manner === manner)}`);
  return [line('kills', [...phases, 'all']), ...rows, `  by signal: ${bySignal.join(', ')}`];
}
