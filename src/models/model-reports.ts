// What is known of models from their files, remembered for as long as these stay as they are.
import { createHeaderThread, type ReadHeaders } from './facts/header-thread.ts';
import { type ModelReport, readModelReport } from './facts/model-facts.ts';
import { shortageOf } from './machine-shortage.ts';
import type { Model } from './model.ts';

export type ReadReport = (model: Model) => Promise<ModelReport>;

const maxRemembered = 512;
/** Each lane has a thread, which may take many megabytes. */
const readAtOnce = 2;

/** Throws as readModelReport does: again and again for the same files, but for a shortage, which passes. */
export function createModelReports(
  read: (model: Model, readHeaders: ReadHeaders) => Promise<ModelReport> = readModelReport,
): ReadReport {
  const known = new Map<string, { readonly stamp: string; readonly report: Promise<ModelReport> }>();
  const lanes = Array.from({ length: readAtOnce }, () => ({
    last: Promise.resolve(),
    readHeaders: createHeaderThread(),
  }));
  let turn = 0;
  return (model) => {
    const remembered = known.get(model.path);
    if (remembered?.stamp === model.stamp) return remembered.report;
    turn = (turn + 1) % readAtOnce;
    const lane = lanes[turn]!;
    const report = lane.last.then(() => read(model, lane.readHeaders));
    const entry = { stamp: model.stamp, report };
    lane.last = report.then(
      () => {},
      (error: unknown) => {
        if (shortageOf(error) !== undefined && known.get(model.path) === entry) known.delete(model.path);
      },
    );
    known.delete(model.path);
    known.set(model.path, entry);
    if (known.size > maxRemembered) known.delete(known.keys().next().value!);
    return report;
  };
}
