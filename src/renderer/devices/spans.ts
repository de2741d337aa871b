/** How far back the charts look. */
export const SPANS = ['1m', '10m', '2h', '24h'] as const;
export type Span = (typeof SPANS)[number];

export const SPAN_MS: Record<Span, number> = {
  '1m': 60_000,
  '10m': 600_000,
  '2h': 7_200_000,
  '24h': 86_400_000,
};

/**
 * How far time goes on before a chart of the span is drawn anew: a fraction of a pixel, so that charts of hours, which hold
 * thousands of points, are not drawn every second.
 */
export function redrawMs(span: Span): number {
  return SPAN_MS[span] / 400;
}

/** Points further apart than this have a gap between them. `resolutionMs` is what one point stands for. */
export function gapMs(resolutionMs: number): number {
  // A busy machine misses a beat now and then: one reading that is late is no gap.
  return Math.max(1_000, resolutionMs) * 3;
}
