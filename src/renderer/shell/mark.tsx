/** The product's mark, as its icon has it: a gantry crane with a frame of film on its hook. */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="64 64 896 896" aria-hidden="true">
      <rect x="64" y="64" width="896" height="896" rx="200" fill="#20272f" />
      <g fill="none" stroke="#e8edf3" strokeWidth="64" strokeLinecap="round" strokeLinejoin="round">
        <path d="M208 312h608M288 312v464M736 312v464M216 776h144M664 776h144" />
      </g>
      <path d="M512 312v112" stroke="#f2a33a" strokeWidth="48" strokeLinecap="round" />
      <rect x="392" y="424" width="240" height="192" rx="36" fill="#f2a33a" />
      <path d="M476 468v104l92-52z" fill="#161b22" />
    </svg>
  );
}
