import type { PresetOverrides } from '../../../src/common/job.ts';
import type { ProblemCode } from '../../../src/common/problem.ts';

/** What must come out. Every field that is given is compared; `audio`, `subtitles` and `notes` are always. */
export interface Outcome {
  readonly frames: number;
  /** Milliseconds, within 60. */
  readonly durationMs: number;
  readonly size: string;
  /** Default 1:1. */
  readonly pixelAspect?: string;
  readonly pixelFormat?: string;
  /** Each as `codec channels language title`, with `-` for what is not told. Default none. */
  readonly audio?: readonly string[];
  /** Each as `codec language`. Default none. */
  readonly subtitles?: readonly string[];
  readonly forcedSubtitles?: number;
  readonly chapters?: readonly string[];
  readonly cover?: string;
  readonly attachments?: readonly string[];
  /** Codecs of data streams, chapter titles aside. */
  readonly dataStreams?: readonly string[];
  readonly isVariableFrameRate?: boolean;
  readonly frameRate?: string;
  readonly fieldOrder?: string;
  /** Primaries, transfer and matrix. */
  readonly colors?: string;
  readonly hasHdr10Metadata?: boolean;
  /** The colour that fills the given corner of the first frame. */
  readonly corner?: readonly ['top-left' | 'bottom-left', 'red' | 'blue'];
  /** Container tags that must be there. */
  readonly tags?: Readonly<Record<string, string>>;
  /** One pattern per note, in order: `kind action reason`. Default none. */
  readonly notes?: readonly RegExp[];
  /** By how much the first sound starts after the first frame, within 60 ms. */
  readonly soundDelayMs?: number;
}

export interface HardSource {
  readonly claim: string;
  readonly file: string;
  /** Makes the source at `path`; `folder` is its own, for parts. */
  readonly make: (path: string, folder: string) => void;
  readonly preset: string;
  readonly set?: PresetOverrides;
  readonly becomes: Outcome | ProblemCode;
  /** Tried with every modern build, not with the first one only. */
  readonly onEveryBuild?: boolean;
}

/** What becomes of one second of test bars. */
export const PLAIN: Outcome = { frames: 25, durationMs: 1000, size: '160x90' };
