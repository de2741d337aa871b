import { z } from 'zod';
import { PresetId } from '../preset.ts';
import { Problem } from '../problem.ts';
import { SourceInfo } from '../source.ts';
import { procedure } from './errors.ts';

export const Inspection = z.object({
  path: z.string(),
  info: SourceInfo.nullable(),
  /** Why it cannot be encoded; null when it can. */
  error: Problem.nullable(),
});
export type Inspection = z.infer<typeof Inspection>;

export const FolderEntry = z.object({
  name: z.string(),
  path: z.string(),
  kind: z.enum(['folder', 'file']),
  sizeBytes: z.number().int().nonnegative().nullable(),
  /** Whether the name looks like a video or audio file. A guess for sorting, never a verdict. */
  looksLikeMedia: z.boolean(),
});

export const FolderListing = z.object({
  path: z.string(),
  /** Null at the root. */
  parent: z.string().nullable(),
  entries: z.array(FolderEntry),
  /** Where people start: home, media folders, drives. */
  places: z.array(z.object({ name: z.string(), path: z.string() })),
});
export type FolderListing = z.infer<typeof FolderListing>;

export const sourcesContract = {
  inspect: procedure
    .route({
      method: 'POST',
      path: '/sources/inspect',
      tags: ['sources'],
      summary: 'Read what files are, without adding them',
    })
    .input(z.object({ paths: z.array(z.string().min(1).max(32_768)).min(1).max(1000) }))
    .output(z.object({ sources: z.array(Inspection) })),
  browse: procedure
    .route({
      method: 'POST',
      path: '/sources/browse',
      tags: ['sources'],
      summary: "List a folder of the engine's machine",
    })
    .input(z.object({ path: z.string().max(32_768).nullable().default(null) }))
    .output(FolderListing),
  commandPreview: procedure
    .route({
      method: 'POST',
      path: '/sources/command',
      tags: ['sources'],
      summary: 'The command that a preset would run on a file, without running it',
    })
    .input(z.object({ path: z.string().min(1).max(32_768), preset: PresetId }))
    .output(z.object({ commands: z.array(z.array(z.string())) })),
};
