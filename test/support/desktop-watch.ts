/**
 * What an app shows outside of its window, where no test can look: the tray's menu and notifications, caught on their way
 * to the system.
 */
import type { Menu, MenuItem, Notification } from 'electron';
import { until } from './until';
import type { RunningApp } from './electron';

interface Caught {
  tray?: Menu;
  notification?: Notification;
  shown: { title: string; body: string; actions: string[] }[];
}
declare global {
  // A property of the main process's global object.
  var caught: Caught;
}

export interface DesktopWatch {
  /** Labels of the tray's menu, without separators. */
  tray(): Promise<string[]>;
  /** Chooses the item of that label in the tray's menu. */
  choose(label: string): Promise<void>;
  notifications(): Promise<Caught['shown']>;
  /** Presses a button of the last notification. */
  press(index: number): Promise<void>;
}

/** The tray's menu is known from its next change on. */
export async function watchDesktop(app: RunningApp): Promise<DesktopWatch> {
  await app.electron.evaluate(({ Menu, Notification }) => {
    globalThis.caught = { shown: [] };
    const build = Menu.buildFromTemplate.bind(Menu);
    Menu.buildFromTemplate = (template) => {
      const menu = build(template);
      if (template.some((item) => 'id' in item && item.id === 'do-not-disturb'))
        globalThis.caught.tray = menu;
      return menu;
    };
    Notification.isSupported = () => true;
    Notification.prototype.show = function show(this: Notification) {
      globalThis.caught.notification = this;
      globalThis.caught.shown.push({
        title: this.title,
        body: this.body,
        actions: this.actions.map((action) => action.text ?? ''),
      });
    };
  });
  const items = (): Promise<string[]> =>
    app.electron.evaluate(() =>
      (globalThis.caught.tray?.items ?? [])
        .filter((item: MenuItem) => item.type !== 'separator')
        .map((item: MenuItem) => item.label),
    );
  return {
    tray: items,
    async choose(label) {
      await until(async () => {
        const now = await items();
        return now.includes(label) ? undefined : now;
      });
      await app.electron.evaluate((_electron, wanted) => {
        globalThis.caught.tray?.items.find((item: MenuItem) => item.label === wanted)?.click();
      }, label);
    },
    notifications: () => app.electron.evaluate(() => globalThis.caught.shown),
    press: (index) =>
      app.electron.evaluate((_electron, which) => {
        globalThis.caught.notification?.emit('action', { preventDefault() {} }, which);
      }, index),
  };
}
