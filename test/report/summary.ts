/**
 * The last lines of `npm test`: which parts could not run here and why, what failed, and the one line that scripts read:
 * `N passed, N failed, N skipped`. What did not run is never counted as passed.
 */
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<SerializedError>): void {
    process.stdout.write(`\n${summary(modules, errors).join('\n')}\n`);
  }
}

export function summary(
  modules: ReadonlyArray<TestModule>,
  errors: ReadonlyArray<SerializedError>,
): string[] {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const passed = tests.filter((test) => test.result().state === 'passed').length;
  const skipped = tests.filter((test) => test.result().state === 'skipped');
  // A test that neither passed nor was skipped failed, or was cut off before it could say so.
  const failed = tests.filter((test) => !['passed', 'skipped'].includes(test.result().state));
  // A file that could not even be loaded has no tests to count; a failing hook has no test of its own.
  const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0);
  const count = failed.length + broken.length + errors.length;
  const flaky = tests.filter((test) => test.diagnostic()?.flaky);
  return [
    ...skippedParts(skipped),
    ...flaky.map(
      (test) => `passed only at the second try: ${test.module.relativeModuleId} > ${test.fullName}`,
    ),
    ...failed.map((test) => `failed: ${test.module.relativeModuleId} > ${test.fullName}`),
    ...broken.map((module) => `failed to load: ${module.relativeModuleId}`),
    ...errors.map((error) => `failed outside of any test: ${error.message}`),
    `${passed} passed, ${count} failed, ${skipped.length} skipped`,
  ];
}

/** Skipped tests by file and reason: `skipped: test/e2e/mirror.test.ts (4): no Chromium`. */
function skippedParts(tests: readonly TestCase[]): string[] {
  const parts = new Map<string, number>();
  for (const test of tests) {
    const result = test.result();
    const reason = (result.state === 'skipped' && result.note) || nameOfSuite(test);
    const part = `${test.module.relativeModuleId}\0${reason}`;
    parts.set(part, (parts.get(part) ?? 0) + 1);
  }
  return [...parts].map(([part, count]) => {
    const [file, reason] = part.split('\0');
    return `skipped: ${file} (${count}): ${reason}`;
  });
}

/** Without a reason of its own, a skipped test is known by the outermost group it belongs to. */
function nameOfSuite(test: TestCase): string {
  return test.fullName.split(' > ')[0] ?? test.name;
}
