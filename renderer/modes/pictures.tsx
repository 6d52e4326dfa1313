/** Our drawings of the modes: two colours each, `--hue` and `--tint`, on the tint as ground. 320 × 180 units. */
import type { ReactNode } from 'react';
import './pictures.css';

function Picture({ hue, children }: { readonly hue: string; readonly children: ReactNode }) {
  return (
    <svg
      className={`mode-picture mode-picture--${hue}`}
      viewBox="0 0 320 180"
      aria-hidden="true"
      focusable="false"
      preserveAspectRatio="xMidYMax meet"
    >
      {children}
    </svg>
  );
}

/** Head and shoulders, standing on (x, y) of a frame; `s` scales. */
function Bust({
  x,
  y,
  s = 1,
  className = 'hue',
}: {
  readonly x: number;
  readonly y: number;
  readonly s?: number;
  readonly className?: string;
}) {
  return (
    <g transform={`translate(${x} ${y}) scale(${s})`} className={className}>
      <path d="M-44 0a44 40 0 0 1 88 0z" />
      <circle cx="0" cy="-66" r="24" />
    </g>
  );
}

export function MirrorPicture() {
  return (
    <Picture hue="mirror">
      <rect className="paper" x="52" y="38" width="100" height="112" rx="20" />
      <Bust x={102} y={150} s={0.92} />
      <rect className="hue" x="168" y="38" width="100" height="112" rx="20" />
      <Bust x={218} y={150} s={0.92} className="paper" />
      <path className="line" d="M124 22c22-13 50-13 72 0m0 0-13-3.500m13 3.500-3.500 12.500" />
    </Picture>
  );
}

export function MagicPicture() {
  return (
    <Picture hue="magic">
      <Bust x={160} y={180} s={1.15} />
      <g className="hat">
        <rect className="ink" x="128" y="12" width="64" height="56" rx="7" />
        <rect className="spark" x="128" y="50" width="64" height="12" />
        <rect className="ink" x="108" y="64" width="104" height="13" rx="6.500" />
      </g>
      <path
        className="spark"
        d="M246 34c1.800 13 8 19.200 21 21-13 1.800-19.200 8-21 21-1.800-13-8-19.200-21-21 13-1.800 19.200-8 21-21z"
      />
      <path
        className="spark"
        d="M78 74c1.300 9.300 5.700 13.700 15 15-9.300 1.300-13.700 5.700-15 15-1.300-9.300-5.700-13.700-15-15 9.300-1.300 13.700-5.700 15-15z"
      />
      <circle className="hue" cx="258" cy="110" r="5" />
      <circle className="hue" cx="60" cy="50" r="4" />
    </Picture>
  );
}

/** Drawn wider than its frame: where there is room, more people watch. */
export function BroadcastPicture() {
  return (
    <Picture hue="broadcast">
      <g className="waves">
        <path className="line" d="M132 46a40 40 0 0 0 0 56" />
        <path className="line" d="M188 46a40 40 0 0 1 0 56" />
        <path className="line line--2" d="M112 26a68 68 0 0 0 0 96" />
        <path className="line line--2" d="M208 26a68 68 0 0 1 0 96" />
        <path className="line line--3" d="M92 6a96 96 0 0 0 0 136" />
        <path className="line line--3" d="M228 6a96 96 0 0 1 0 136" />
      </g>
      <circle className="hue" cx="160" cy="74" r="27" />
      <path
        className="paper"
        d="M152 60.500v27a1.500 1.500 0 0 0 2.300 1.300l21-13.500a1.500 1.500 0 0 0 0-2.600l-21-13.500a1.500 1.500 0 0 0-2.300 1.300z"
      />
      {[-126, -62, 2, 66, 130, 190, 254, 318, 382, 446].map((x, index) => (
        <Bust
          key={x}
          x={x}
          y={index % 2 === 0 ? 188 : 200}
          s={0.56}
          className={index % 3 === 1 ? 'ink' : 'hue'}
        />
      ))}
    </Picture>
  );
}

/** The rings at both sides show where there is room for them. */
export function CallPicture() {
  return (
    <Picture hue="call">
      <g className="waves">
        <path className="line line--2" d="M14 58a72 72 0 0 0 0 68" />
        <path className="line line--2" d="M306 58a72 72 0 0 1 0 68" />
        <path className="line line--3" d="M-10 46a96 96 0 0 0 0 92" />
        <path className="line line--3" d="M330 46a96 96 0 0 1 0 92" />
        <path className="line line--3" d="M-34 34a120 120 0 0 0 0 116" />
        <path className="line line--3" d="M354 34a120 120 0 0 1 0 116" />
      </g>
      <circle className="paper" cx="88" cy="92" r="58" />
      <clipPath id="call-left">
        <circle cx="88" cy="92" r="58" />
      </clipPath>
      <g clipPath="url(#call-left)">
        <Bust x={88} y={156} s={0.96} />
      </g>
      <circle className="hue" cx="232" cy="92" r="58" />
      <clipPath id="call-right">
        <circle cx="232" cy="92" r="58" />
      </clipPath>
      <g clipPath="url(#call-right)">
        <Bust x={232} y={156} s={0.96} className="paper" />
      </g>
      <circle className="ink dot" cx="150" cy="92" r="4" />
      <circle className="ink dot" cx="160" cy="92" r="4" />
      <circle className="ink dot" cx="170" cy="92" r="4" />
    </Picture>
  );
}

export function RoomPicture() {
  return (
    <Picture hue="room">
      <path className="paper" d="M88 180V96a72 72 0 0 1 144 0v84z" />
      <path className="line line--thin" d="M88 180V96a72 72 0 0 1 144 0v84" />
      <clipPath id="room-door">
        <path d="M88 180V96a72 72 0 0 1 144 0v84z" />
      </clipPath>
      <g clipPath="url(#room-door)">
        <Bust x={128} y={184} s={0.86} />
        <Bust x={194} y={184} s={0.86} className="ink" />
      </g>
      <path className="line line--thin" d="M36 180h248" />
      <circle className="hue" cx="160" cy="56" r="6" />
    </Picture>
  );
}
