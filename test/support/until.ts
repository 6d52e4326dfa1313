/**
 * Waits for a condition instead of a time: asks again and again for the reason why it is not yet so.
 * @param reasonNotYet answers undefined, false or null when it is so, else a reason that a failure can name
 */
export async function until(reasonNotYet: () => unknown, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const reason = await reasonNotYet();
    if (reason === undefined || reason === false || reason === null) return;
    if (performance.now() > end) throw new Error(`not so within ${limitMs} ms: ${describe(reason)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function describe(reason: unknown): string {
  return typeof reason === 'string' ? reason : JSON.stringify(reason);
}
