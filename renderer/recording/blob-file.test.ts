import { expect, it } from 'vitest';
import { BlobFile } from './blob-file';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it('is what was appended, with what was written over it, up to where it was cut', async () => {
  const file = new BlobFile();
  await file.write(bytes('one '), 0);
  await file.write(bytes('two '), 4);
  await file.write(bytes('three'), 8);
  await file.write(bytes('TW'), 4);
  await file.write(bytes('O'), 0);
  await file.truncate(10);
  await file.write(bytes('!'), 10);
  expect(file.size).toBe(11);
  const blob = file.blob('video/webm');
  expect(blob.type).toBe('video/webm');
  expect(await blob.text()).toBe('One TWo th!');
  expect(file.size).toBe(0);
});

it('has no holes', async () => {
  await expect(new BlobFile().write(bytes('x'), 1)).rejects.toThrow(RangeError);
});
