/** Sharing a screen from the app: its own picker, and what the page gets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { until } from '../support/until';

const obstacle =
  electronObstacle() ??
  (process.env['XDG_SESSION_TYPE'] === 'wayland' ? 'the portal asks on Wayland' : undefined);

/** Which of them, versions of Electron differ; for a page both mean that the user did not want to. */
const REFUSED = /^(NotAllowed|Abort)Error$/;

describe.skipIf(obstacle)(`sharing a screen${obstacle ? ` (${obstacle})` : ''}`, () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await launchApp({ fakeUi: false });
  });
  afterAll(() => app?.close());

  const picker = () => app.page.getByRole('dialog', { name: 'What do you want to share?' });
  /** Asks as a session does; the answer is in the page's `outcome`. */
  const ask = () =>
    app.page.evaluate(() => {
      const page = window as unknown as { outcome?: string };
      delete page.outcome;
      navigator.mediaDevices.getDisplayMedia({ video: true, audio: true }).then(
        (stream) => {
          const [track] = stream.getVideoTracks();
          page.outcome = `${track?.readyState} ${String((track?.getSettings().width ?? 0) > 0)}`;
          for (const each of stream.getTracks()) each.stop();
        },
        (error: unknown) => (page.outcome = (error as DOMException).name),
      );
    });
  const outcome = () => app.page.evaluate(() => (window as unknown as { outcome?: string }).outcome ?? '');
  const untilOutcome = (wanted: RegExp) =>
    until(async () => (wanted.test(await outcome()) ? undefined : `outcome ${await outcome()}`));

  it('shows pictures of what there is, and gives the page what was chosen', async () => {
    await ask();
    const first = picker().getByRole('radio').first();
    await first.waitFor({ state: 'attached' });
    expect(await picker().getByRole('button', { name: 'Share', exact: true }).isDisabled()).toBe(true);
    expect(await picker().locator('.screen-picker__picture img').first().getAttribute('src')).toMatch(
      /^data:image\/jpeg;base64,/,
    );
    // The radio button itself is for the keyboard; a pointer takes the picture.
    await first.locator('..').click();
    expect(await first.isChecked()).toBe(true);
    await picker().getByRole('button', { name: 'Share', exact: true }).click();
    await untilOutcome(/^live true$/);
  });

  it('gives the page nothing when the user changes their mind', async () => {
    await ask();
    await picker().getByRole('button', { name: 'Cancel' }).click();
    await untilOutcome(REFUSED);
    await ask();
    await picker().waitFor();
    await app.page.keyboard.press('Escape');
    await untilOutcome(REFUSED);
  });

  it('takes no answer that was not offered, and none to a question of before', async () => {
    await ask();
    await picker().waitFor();
    const answer = (question: number) =>
      app.page.evaluate(
        (number) => window.callcast?.invoke('screen:answer', number, { id: 'screen:999:0', sound: true }),
        question,
      );
    await answer(1);
    expect(await outcome()).toBe('');
    await answer(4);
    await untilOutcome(REFUSED);
  });
});
