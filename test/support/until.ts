/**
 * Waits for a condition without sleeping a guessed time. `reasonNotYet` answers undefined (or an empty string) when the
 * condition holds, else what is still missing; the last reason becomes the error, so a failed wait explains itself.
 */
export async function until(
  reasonNotYet: () => string | undefined | Promise<string | undefined>,
  { timeout = 10_000, interval = 20 }: { timeout?: number; interval?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const reason = await reasonNotYet();
    if (!reason) return;
    if (performance.now() > deadline) throw new Error(`after ${timeout} ms: ${reason}`);
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
