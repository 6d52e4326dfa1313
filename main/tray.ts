/** The icon in the system's tray, after the model of tray-menu.ts. A desktop without a tray simply shows none. */
import path from 'node:path';
import { Menu, nativeImage, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron';
import type { TrayAction, TrayItem, TrayLook, TrayModel } from './tray-menu';

export interface TrayIconOptions {
  /** The folder with tray-LOOK.png and, for macOS, tray-LOOKTemplate.png. */
  readonly icons: string;
  readonly platform: NodeJS.Platform;
  readonly onAction: (action: TrayAction) => void;
}

export class TrayIcon {
  readonly #options: TrayIconOptions;
  readonly #images = new Map<TrayLook, NativeImage>();
  #tray: Tray | null = null;
  #shown = '';
  #menu: Menu | null = null;

  constructor(options: TrayIconOptions) {
    this.#options = options;
  }

  /** The menu as it is shown now. */
  get menu(): Menu | null {
    return this.#menu;
  }

  show(model: TrayModel): void {
    const asText = JSON.stringify(model);
    if (asText === this.#shown) return;
    this.#shown = asText;
    const image = this.#image(model.look);
    if (this.#tray === null) {
      this.#tray = new Tray(image);
      // Where a click does not open the menu by itself (Windows), it shows the window.
      this.#tray.on('click', () => {
        if (this.#options.platform !== 'darwin') this.#options.onAction('show');
      });
    } else {
      this.#tray.setImage(image);
    }
    this.#tray.setToolTip(model.tooltip);
    // On Linux, a menu's items only change with the whole menu.
    this.#menu = Menu.buildFromTemplate(model.items.map((item) => this.#entry(item)));
    this.#tray.setContextMenu(this.#menu);
  }

  close(): void {
    this.#tray?.destroy();
    this.#tray = null;
    this.#menu = null;
  }

  #entry(item: TrayItem): MenuItemConstructorOptions {
    if (item.type === 'separator') return { type: 'separator' };
    if (item.type === 'fact') return { label: item.label, enabled: false };
    const { id, label, accelerator, checked } = item;
    return {
      id,
      label,
      click: () => {
        this.#options.onAction(id);
      },
      ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
      ...(checked === undefined ? {} : { type: 'checkbox', checked }),
    };
  }

  /** macOS colours template images itself, for light and dark bars. */
  #image(look: TrayLook): NativeImage {
    const known = this.#images.get(look);
    if (known !== undefined) return known;
    const { icons, platform } = this.#options;
    const file = platform === 'darwin' ? `tray-${look}Template.png` : `tray-${look}.png`;
    const image = nativeImage.createFromPath(path.join(icons, file));
    if (platform === 'darwin') image.setTemplateImage(true);
    this.#images.set(look, image);
    return image;
  }
}
