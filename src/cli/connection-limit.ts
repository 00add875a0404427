// How many connections each port takes, so that descriptors are left for what serves them: pipes of workers, model
// files, the registry. A connection more is closed at once.

const keptForServing = 128;
const fewest = 16;

export interface ConnectionLimits {
  readonly api: number;
  readonly admin: number;
}

export function connectionLimits(openFiles: number): ConnectionLimits {
  const admin = Math.max(fewest, Math.min(1024, Math.floor(openFiles / 8)));
  return { admin, api: Math.max(fewest, openFiles - keptForServing - admin) };
}

/** Descriptors that this process may hold: the soft limit, which Node raises to the hard one at its start. */
export function openFilesLimit(): number {
  const report = process.report?.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  };
  const soft = Number(report?.userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : Number.MAX_SAFE_INTEGER;
}
