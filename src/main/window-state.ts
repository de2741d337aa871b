import { z } from 'zod';

const Bounds = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
export type Bounds = z.infer<typeof Bounds>;

export const WindowState = z.object({ bounds: Bounds, isMaximized: z.boolean() });
export type WindowState = z.infer<typeof WindowState>;

export const DEFAULT_SIZE = { width: 1180, height: 760 } as const;
export const MINIMUM_SIZE = { width: 720, height: 480 } as const;
/** So much of the window has to be on a screen that it can be taken hold of. */
const VISIBLE_PX = 80;

/** What was saved; null when there is nothing, or nothing of use. */
export function parseWindowState(text: string): WindowState | null {
  try {
    return WindowState.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Where the window opens: as it was left, unless the screen that it was on is gone or has shrunk.
 *
 * @param workAreas of all screens, in the same pixels as the bounds
 * @returns without a place when the system is to choose one
 */
export function openingBounds(
  saved: WindowState | null,
  workAreas: readonly Bounds[],
): { width: number; height: number; x?: number; y?: number } {
  if (saved === null) return DEFAULT_SIZE;
  const { bounds } = saved;
  const size = {
    width: Math.max(MINIMUM_SIZE.width, bounds.width),
    height: Math.max(MINIMUM_SIZE.height, bounds.height),
  };
  const screen = workAreas.find((area) => overlapsBy(bounds, area) >= VISIBLE_PX);
  if (screen === undefined) return size;
  return {
    width: Math.min(size.width, screen.width),
    height: Math.min(size.height, screen.height),
    x: bounds.x,
    // A title bar above the screen cannot be reached.
    y: Math.max(bounds.y, screen.y),
  };
}

/** The shorter side of what two rectangles have in common; negative when they do not touch. */
function overlapsBy(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.min(width, height);
}
