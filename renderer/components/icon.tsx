/** Our own line icons on a 24-unit grid; they take the colour of the text around them and say nothing to a screen reader. */
import type { ReactNode } from 'react';
import './icon.css';

const shapes = {
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M9 21h6" />
    </>
  ),
  'microphone-off': (
    <>
      <path d="M9 9.5V11a3 3 0 0 0 4.8 2.4M15 10.5V6a3 3 0 0 0-5.8-1.1" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5c0 .9-.2 1.8-.5 2.6M12 18v3M9 21h6M4 4l16 16" />
    </>
  ),
  camera: (
    <>
      <rect x="3" y="6.5" width="12.5" height="11" rx="2.5" />
      <path d="m15.5 11 5-3v8l-5-3" />
    </>
  ),
  'camera-off': (
    <>
      <path d="M6.5 6.5h-1A2.5 2.5 0 0 0 3 9v6a2.5 2.5 0 0 0 2.5 2.5H13a2.5 2.5 0 0 0 2-1M10 6.5h3A2.5 2.5 0 0 1 15.500 9v3" />
      <path d="m15.500 11 5-3v8l-3-1.800M4 4l16 16" />
    </>
  ),
  speaker: (
    <>
      <path d="M4 9.500v5h3.500l4.500 4v-13l-4.500 4z" />
      <path d="M15.500 9a4.200 4.200 0 0 1 0 6M18 6.500a7.800 7.800 0 0 1 0 11" />
    </>
  ),
  'speaker-off': (
    <>
      <path d="M4 9.500v5h3.500l4.500 4v-13l-4.500 4z" />
      <path d="m16 9.500 5 5M21 9.500l-5 5" />
    </>
  ),
  ear: (
    <>
      <path d="M7 10.500a5.500 5.500 0 1 1 10.300 2.700c-1 1.700-2.300 2-2.300 4.300a3 3 0 0 1-5.600 1.500" />
      <path d="M10 11a2.300 2.300 0 1 1 3.900 1.700c-.8.8-1.400 1.100-1.400 2.300" />
    </>
  ),
  gauge: (
    <>
      <path d="M4.500 17a8.500 8.500 0 1 1 15 0" />
      <path d="m12 14 3.500-4.500" />
      <circle cx="12" cy="14" r="1.300" fill="currentColor" stroke="none" />
    </>
  ),
  stop: <rect x="6.500" y="6.500" width="11" height="11" rx="2.500" fill="currentColor" stroke="none" />,
  record: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <circle cx="12" cy="12" r="4" fill="currentColor" stroke="none" />
    </>
  ),
  'record-on': (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <rect x="8.5" y="8.5" width="7" height="7" rx="1.5" fill="currentColor" stroke="none" />
    </>
  ),
  play: (
    <path
      d="M8 5.800v12.400a.8.8 0 0 0 1.200.7l10-6.200a.8.8 0 0 0 0-1.400l-10-6.200a.8.8 0 0 0-1.200.7z"
      fill="currentColor"
      stroke="none"
    />
  ),
  'hang-up': (
    <path
      d="M3.300 13.900c-.6-2.700 3.300-5.400 8.700-5.400s9.300 2.700 8.700 5.400l-.3 1.300a1.200 1.200 0 0 1-1.400.9l-2.700-.5a1.200 1.200 0 0 1-1-1v-1.800a11 11 0 0 0-6.600 0v1.800a1.200 1.200 0 0 1-1 1l-2.700.5a1.200 1.200 0 0 1-1.400-.9z"
      fill="currentColor"
      stroke="none"
    />
  ),
  phone: (
    <path d="M8.200 4.300 6 4.600a2 2 0 0 0-1.700 2.200A15 15 0 0 0 17.200 19.700a2 2 0 0 0 2.200-1.700l.3-2.200a1.300 1.300 0 0 0-.9-1.400l-2.700-.9a1.300 1.300 0 0 0-1.400.4l-.9 1.100a11.500 11.500 0 0 1-4.800-4.800l1.100-.9a1.300 1.300 0 0 0 .4-1.400l-.9-2.700a1.300 1.300 0 0 0-1.400-.9z" />
  ),
  screen: (
    <>
      <rect x="3" y="4.500" width="18" height="12" rx="2.500" />
      <path d="M9 20h6M12 16.500V20" />
    </>
  ),
  'full-screen': (
    <path d="M9 4H6a2 2 0 0 0-2 2v3M15 4h3a2 2 0 0 1 2 2v3M9 20H6a2 2 0 0 1-2-2v-3M15 20h3a2 2 0 0 0 2-2v-3" />
  ),
  'picture-in-picture': (
    <>
      <path d="M20.500 10V7A2.500 2.500 0 0 0 18 4.500H6A2.500 2.500 0 0 0 3.500 7v8A2.500 2.500 0 0 0 6 17.500h3.500" />
      <rect x="12.500" y="13" width="8.500" height="6.500" rx="1.500" fill="currentColor" stroke="none" />
    </>
  ),
  link: (
    <>
      <path d="M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1" />
      <path d="M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1" />
    </>
  ),
  copy: (
    <>
      <rect x="8.500" y="8.500" width="11" height="11" rx="2.500" />
      <path d="M15.500 5.500A1.500 1.500 0 0 0 14 4H6.500A2.500 2.500 0 0 0 4 6.500V14a1.500 1.500 0 0 0 1.500 1.500" />
    </>
  ),
  check: <path d="m5 12.500 4.500 4.500L19 7.500" />,
  close: <path d="m6.500 6.500 11 11M17.500 6.500l-11 11" />,
  'arrow-left': <path d="M19 12H5.500M11 6l-6 6 6 6" />,
  'arrow-right': <path d="M5 12h13.500M13 6l6 6-6 6" />,
  'chevron-down': <path d="m6.500 9.500 5.500 5.500 5.500-5.500" />,
  alert: (
    <>
      <path d="M12 4.200 2.900 19a1 1 0 0 0 .9 1.500h16.400a1 1 0 0 0 .9-1.500z" />
      <path d="M12 10v4.500M12 17.400v.1" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="M12 11v5M12 8v.1" />
    </>
  ),
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400" />
    </>
  ),
  moon: <path d="M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z" />,
  'sun-moon': (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="M12 3.500v17A8.500 8.500 0 0 0 12 3.500z" fill="currentColor" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="8.500" />
      <path d="M3.500 12h17M12 3.500c2.600 2.500 3.700 5.400 3.700 8.500s-1.100 6-3.700 8.500c-2.600-2.500-3.700-5.400-3.700-8.500s1.100-6 3.700-8.500z" />
    </>
  ),
  person: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.500 20a7.500 7.500 0 0 1 15 0" />
    </>
  ),
  people: (
    <>
      <circle cx="9" cy="8.500" r="3.500" />
      <path d="M2.500 19.500a6.500 6.500 0 0 1 13 0M16 5.300a3.500 3.500 0 0 1 0 6.400M17.500 14.300a6.500 6.500 0 0 1 4 5.200" />
    </>
  ),
  sparkle: (
    <path d="M11 4c.6 4.300 2.700 6.400 7 7-4.300.6-6.400 2.700-7 7-.6-4.300-2.700-6.400-7-7 4.300-.6 6.400-2.700 7-7zM18.500 3v4M20.500 5h-4" />
  ),
  settings: (
    <>
      <path d="M4 7.500h8M17 7.500h3M4 16.500h3M12 16.500h8" />
      <circle cx="14.500" cy="7.500" r="2.500" />
      <circle cx="9.500" cy="16.500" r="2.500" />
    </>
  ),
  more: (
    <>
      <circle cx="5.500" cy="12" r="1.600" fill="currentColor" stroke="none" />
      <circle cx="12" cy="12" r="1.600" fill="currentColor" stroke="none" />
      <circle cx="18.500" cy="12" r="1.600" fill="currentColor" stroke="none" />
    </>
  ),
  room: (
    <>
      <path d="M6 20.500V6.500A2.500 2.500 0 0 1 8.500 4h7A2.500 2.500 0 0 1 18 6.500v14M3.500 20.500h17" />
      <circle cx="14.500" cy="12.500" r="1.200" fill="currentColor" stroke="none" />
    </>
  ),
  chat: (
    <path d="M4 6.500A2.500 2.500 0 0 1 6.500 4h11A2.500 2.500 0 0 1 20 6.500v7a2.500 2.500 0 0 1-2.500 2.500H11l-4.500 4v-4A2.500 2.500 0 0 1 4 13.500z" />
  ),
  send: (
    <path d="M4.500 12 4 5.300a.8.8 0 0 1 1.200-.7l14.300 6.700a.8.8 0 0 1 0 1.400L5.200 19.400a.8.8 0 0 1-1.200-.7zm0 0H12" />
  ),
  refresh: <path d="M19.500 12a7.500 7.500 0 1 1-2.300-5.400M19.500 4v4h-4" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

export function Icon({ name, className }: { readonly name: IconName; readonly className?: string }) {
  return (
    <svg
      className={className === undefined ? 'icon' : `icon ${className}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[name]}
    </svg>
  );
}
