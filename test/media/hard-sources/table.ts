import type { HardSource } from './hard-source.ts';
import { PICTURES } from './pictures.ts';
import { REFUSED } from './refused.ts';
import { SOUND } from './sound.ts';
import { TIMING } from './timing.ts';
import { TRACKS } from './tracks.ts';

/** Every hard source, with what must come out of it. */
export const HARD_SOURCES: readonly HardSource[] = [...TRACKS, ...PICTURES, ...TIMING, ...SOUND, ...REFUSED];
