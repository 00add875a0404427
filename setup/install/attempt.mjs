// One thing that is tried: a line in the report when it went well; a failure is given the name of what was tried.

/** `act` resolves with { detail, value }: what the report says, and what the caller gets. */
export async function attempt({ report, name, act }) {
  try {
    const { detail, value } = await act();
    report.ok(name, detail);
    return value;
  } catch (error) {
    throw Object.assign(error, { step: name });
  }
}
