/** A text as a QR code, drawn as one path; black on white in both themes, since cameras want it so. */
import { useMemo } from 'react';
import { create } from 'qrcode';
import './qr-code.css';

export interface QrCodeProps {
  readonly text: string;
  /** The name for screen readers. */
  readonly label: string;
}

/** Modules of white around it, as ISO/IEC 18004 wants them. */
const QUIET = 4;

export function QrCode({ text, label }: QrCodeProps) {
  const { size, path } = useMemo(() => draw(text), [text]);
  const side = size + 2 * QUIET;
  return (
    <svg className="qr-code" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}

function draw(text: string): { readonly size: number; readonly path: string } {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const { size } = modules;
  let path = '';
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (modules.get(y, x) !== 0) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    }
  }
  return { size, path };
}
