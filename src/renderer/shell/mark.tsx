/** Gantry's mark: a crane's frame over a play button. */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M6 11.5h20M9 11.5V25M23 11.5V25M6 25h6M20 25h6M16 11.5v4"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <path
        d="m13.2 16.4 6.4 3.7-6.4 3.7z"
        fill="var(--on-accent)"
        stroke="var(--on-accent)"
        strokeWidth="1.2"
        strokeLinejoin="round"
      />
    </svg>
  );
}
