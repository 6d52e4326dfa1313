/**
 * What the fake camera shows on screenshots: a drawn person who looks around a little. Drawn with enough light and shade
 * that a face detector takes it for a face. Y4M, 640×480 at 30 frames per second, looped by Chromium.
 */
import { open } from 'node:fs/promises';
import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { i420FromRgba } from '../../media-server/filters/picture/i420';

const [WIDTH, HEIGHT, FRAMES] = [640, 480, 90];

export interface Look {
  readonly skin: string;
  readonly shade: string;
  readonly light: string;
  readonly hair: string;
  readonly lips: string;
  readonly shirt: string;
  readonly wall: readonly [string, string];
  readonly long: boolean;
}

export const LOOKS = {
  ada: {
    skin: '#e3b08f',
    shade: '#b97c5c',
    light: '#f6d3b8',
    hair: '#3b241a',
    lips: '#b4564e',
    shirt: '#1f6f63',
    wall: ['#e8dcc6', '#b9a488'],
    long: true,
  },
  ben: {
    skin: '#8d5a3b',
    shade: '#5c3522',
    light: '#b57d57',
    hair: '#17110e',
    lips: '#7c3b32',
    shirt: '#c9822b',
    wall: ['#bcd0d6', '#7f9aa5'],
    long: false,
  },
  cleo: {
    skin: '#f0c6a8',
    shade: '#cc9373',
    light: '#fde3cd',
    hair: '#a4532a',
    lips: '#c4625c',
    shirt: '#3a4f8a',
    wall: ['#d9cfe0', '#9b8fae'],
    long: true,
  },
} satisfies Record<string, Look>;

/** Writes three seconds (41 MB). The same in every run. */
export async function writePortraitCamera(file: string, look: Look): Promise<void> {
  const context = createCanvas(WIDTH, HEIGHT).getContext('2d');
  const handle = await open(file, 'w');
  try {
    await handle.write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420jpeg\n`);
    for (let index = 0; index < FRAMES; index++) {
      drawPortrait(context, look, index / FRAMES);
      await handle.write('FRAME\n');
      await handle.write(i420FromRgba(context.getImageData(0, 0, WIDTH, HEIGHT).data, WIDTH, HEIGHT).data);
    }
  } finally {
    await handle.close();
  }
}

/** @param turn of the loop, 0 to 1 */
export function drawPortrait(context: SKRSContext2D, look: Look, turn: number): void {
  const phase = turn * 2 * Math.PI;
  context.resetTransform();
  drawRoom(context, look);
  // Room over the head, for hats.
  context.translate(320 + 14 * Math.sin(phase), HEIGHT + 8 * Math.cos(2 * phase));
  context.scale(0.82, 0.82);
  context.translate(0, -HEIGHT);
  const tilt = 0.05 * Math.sin(phase);
  if (look.long) inHead(context, tilt, () => drawBackHair(context, look));
  drawShoulders(context, look);
  inHead(context, tilt, () => {
    drawHead(context, look);
    drawFeatures(context, look, 3 * Math.sin(phase), Math.abs(turn - 0.55) < 0.02);
    drawHair(context, look);
  });
}

/** In the coordinates of the face, whose middle is at (0, 0). */
function inHead(context: SKRSContext2D, tilt: number, draw: () => void): void {
  context.save();
  context.translate(0, 232);
  context.rotate(tilt);
  draw();
  context.restore();
}

function drawRoom(context: SKRSContext2D, { wall }: Look): void {
  const light = context.createRadialGradient(150, 90, 40, 320, 260, 520);
  light.addColorStop(0, wall[0]);
  light.addColorStop(1, wall[1]);
  context.fillStyle = light;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  // A window, out of focus, and a shelf.
  context.filter = 'blur(7px)';
  context.fillStyle = '#ffffffb0';
  context.fillRect(36, 40, 120, 190);
  context.fillStyle = wall[1];
  context.fillRect(92, 40, 8, 190);
  context.fillRect(36, 130, 120, 8);
  context.fillStyle = '#00000026';
  context.fillRect(470, 150, 170, 10);
  for (const [x, height, colour] of [
    [486, 66, '#a4503f'],
    [506, 80, '#3f6b70'],
    [530, 58, '#caa252'],
    [556, 74, '#5d4a76'],
    [590, 62, '#6f7d4c'],
  ] as const) {
    context.fillStyle = colour;
    context.fillRect(x, 150 - height, 18, height);
  }
  context.filter = 'none';
}

function drawShoulders(context: SKRSContext2D, { shirt, skin, shade }: Look): void {
  const cloth = context.createLinearGradient(-180, 380, 180, 480);
  cloth.addColorStop(0, lighter(shirt, 0.18));
  cloth.addColorStop(0.6, shirt);
  cloth.addColorStop(1, lighter(shirt, -0.25));
  context.fillStyle = cloth;
  context.beginPath();
  context.moveTo(-210, 500);
  context.bezierCurveTo(-205, 405, -150, 385, -62, 362);
  context.lineTo(62, 362);
  context.bezierCurveTo(150, 385, 205, 405, 210, 500);
  context.fill();
  const neck = context.createLinearGradient(0, 300, 0, 390);
  neck.addColorStop(0, shade);
  neck.addColorStop(1, skin);
  context.fillStyle = neck;
  context.beginPath();
  context.moveTo(-46, 290);
  context.lineTo(-50, 360);
  context.quadraticCurveTo(0, 412, 50, 360);
  context.lineTo(46, 290);
  context.fill();
}

function drawHead(context: SKRSContext2D, { skin, shade, light }: Look): void {
  // Ears.
  context.fillStyle = shade;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.ellipse(side * 101, 12, 15, 27, side * 0.12, 0, 2 * Math.PI);
    context.fill();
  }
  const face = context.createRadialGradient(-34, -38, 12, 0, 10, 170);
  face.addColorStop(0, light);
  face.addColorStop(0.45, skin);
  face.addColorStop(1, shade);
  context.fillStyle = face;
  context.beginPath();
  context.moveTo(-101, -30);
  context.bezierCurveTo(-104, -150, 104, -150, 101, -30);
  context.bezierCurveTo(100, 60, 70, 128, 0, 134);
  context.bezierCurveTo(-70, 128, -100, 60, -101, -30);
  context.fill();
  // Cheeks.
  context.filter = 'blur(12px)';
  context.fillStyle = '#c8503a38';
  for (const side of [-1, 1]) {
    context.beginPath();
    context.ellipse(side * 56, 48, 24, 17, 0, 0, 2 * Math.PI);
    context.fill();
  }
  context.filter = 'none';
}

function drawFeatures(context: SKRSContext2D, look: Look, gaze: number, blink: boolean): void {
  for (const side of [-1, 1]) {
    const x = side * 41;
    // Socket, white, iris, pupil, glint, lid, brow.
    context.filter = 'blur(6px)';
    context.fillStyle = `${look.shade}aa`;
    ellipse(context, x, -9, 29, 18);
    context.filter = 'none';
    if (!blink) {
      context.fillStyle = '#fbf7f2';
      context.beginPath();
      context.moveTo(x - 23, 0);
      context.quadraticCurveTo(x, -21, x + 23, 0);
      context.quadraticCurveTo(x, 14, x - 23, 0);
      context.fill();
      context.save();
      context.clip();
      context.fillStyle = '#4d3322';
      ellipse(context, x + gaze, -3, 11.5, 11.5);
      context.fillStyle = '#0d0907';
      ellipse(context, x + gaze, -3, 5.5, 5.5);
      context.fillStyle = '#ffffffe0';
      ellipse(context, x + gaze - 4, -7, 3, 3);
      context.restore();
    }
    context.strokeStyle = '#24150f';
    context.lineWidth = 4;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(x - 24, blink ? 2 : 0);
    context.quadraticCurveTo(x, blink ? 10 : -22, x + 24, blink ? 2 : 0);
    context.stroke();
    context.strokeStyle = look.hair;
    context.lineWidth = 9;
    context.beginPath();
    context.moveTo(x - 27, -29 + (side < 0 ? 3 : -3));
    context.quadraticCurveTo(x, -43, x + 27, -29 + (side < 0 ? -3 : 3));
    context.stroke();
  }
  // Nose: its shadow, its wings, its light.
  context.filter = 'blur(4px)';
  context.fillStyle = `${look.shade}99`;
  context.beginPath();
  context.moveTo(7, -18);
  context.quadraticCurveTo(15, 24, 23, 45);
  context.quadraticCurveTo(8, 56, 1, 50);
  context.fill();
  context.fillStyle = `${look.light}cc`;
  ellipse(context, -4, 32, 6, 15);
  context.filter = 'none';
  context.fillStyle = `${look.shade}`;
  ellipse(context, -11, 49, 6, 3.5);
  ellipse(context, 11, 49, 6, 3.5);
  // Mouth, slightly smiling.
  context.fillStyle = look.lips;
  context.beginPath();
  context.moveTo(-36, 80);
  context.quadraticCurveTo(-12, 71, 0, 76);
  context.quadraticCurveTo(12, 71, 36, 80);
  context.quadraticCurveTo(0, 106, -36, 80);
  context.fill();
  context.fillStyle = '#fdf8f3';
  context.beginPath();
  context.moveTo(-26, 81);
  context.quadraticCurveTo(0, 77, 26, 81);
  context.quadraticCurveTo(0, 92, -26, 81);
  context.fill();
  context.filter = 'blur(5px)';
  context.fillStyle = `${look.shade}88`;
  ellipse(context, 0, 112, 22, 6);
  context.filter = 'none';
}

function drawBackHair(context: SKRSContext2D, { hair }: Look): void {
  context.fillStyle = lighter(hair, -0.25);
  context.beginPath();
  context.moveTo(-112, -50);
  context.bezierCurveTo(-150, 40, -140, 130, -120, 176);
  context.lineTo(-58, 150);
  context.lineTo(58, 150);
  context.lineTo(120, 176);
  context.bezierCurveTo(140, 130, 150, 40, 112, -50);
  context.fill();
}

function drawHair(context: SKRSContext2D, { hair, long }: Look): void {
  const shine = context.createLinearGradient(-100, -150, 90, 20);
  shine.addColorStop(0, lighter(hair, 0.03));
  shine.addColorStop(0.35, lighter(hair, 0.18));
  shine.addColorStop(0.6, hair);
  shine.addColorStop(1, lighter(hair, -0.3));
  context.fillStyle = shine;
  context.beginPath();
  if (long) {
    context.moveTo(-112, 60);
    context.bezierCurveTo(-142, -60, -96, -158, 6, -158);
    context.bezierCurveTo(104, -158, 142, -62, 112, 60);
    context.bezierCurveTo(104, 0, 92, -50, 60, -84);
    context.bezierCurveTo(16, -62, -62, -56, -90, -30);
    context.bezierCurveTo(-102, 0, -106, 30, -112, 60);
  } else {
    context.moveTo(-105, 4);
    context.bezierCurveTo(-124, -96, -78, -150, 4, -150);
    context.bezierCurveTo(84, -150, 124, -92, 105, 4);
    context.bezierCurveTo(100, -40, 92, -66, 74, -86);
    context.bezierCurveTo(30, -98, -40, -98, -76, -84);
    context.bezierCurveTo(-94, -62, -100, -38, -105, 4);
  }
  context.fill();
}

function ellipse(context: SKRSContext2D, x: number, y: number, width: number, height: number): void {
  context.beginPath();
  context.ellipse(x, y, width, height, 0, 0, 2 * Math.PI);
  context.fill();
}

/** @param by -1 black, 0 the same, 1 white */
function lighter(colour: string, by: number): string {
  const target = by < 0 ? 0 : 255;
  const channels = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgb(${channels.map((each) => Math.round(each + (target - each) * Math.abs(by))).join(' ')})`;
}
