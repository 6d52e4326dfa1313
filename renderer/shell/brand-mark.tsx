/** The sign of Callcast: a C that casts waves towards a listener. */
export function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect width="64" height="64" rx="18" fill="var(--accent)" />
      <path
        d="M45.500 19.500a18.500 18.500 0 1 0 0 25"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="7"
        strokeLinecap="round"
      />
      <path
        d="M38.200 26.600a8.600 8.600 0 1 0 0 10.800"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="6"
        strokeLinecap="round"
        opacity="0.55"
      />
      <circle cx="49" cy="32" r="5" fill="#ff8a5c" />
    </svg>
  );
}
