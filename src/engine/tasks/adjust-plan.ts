import type { Problem } from '../../common/problem.ts';
import { shouldRetryWithCpuDecode } from '../media/encode/gpu-pipeline.ts';
import type { Avoidance, EncodePlan } from '../media/encode-request.ts';
import { featureToAvoid } from '../media/nvenc-capabilities.ts';

/** What to do without at the next try, and how to say so. */
export interface Adjustment {
  readonly avoid: Avoidance;
  /** For the log: `without b-frames`. */
  readonly words: string;
}

/**
 * How to plan an encode anew after the GPU refused a part of it that can be left out or done on the CPU; null when nothing
 * can. Each part is left out once: a second refusal in the same words is final.
 */
export function adjustPlan(avoid: Avoidance, failure: Problem, plan: EncodePlan): Adjustment | null {
  if (shouldRetryWithCpuDecode(failure, plan) && avoid.gpuDecode !== true) {
    return { avoid: { ...avoid, gpuDecode: true }, words: 'with the CPU decoding' };
  }
  const feature = featureToAvoid(failure);
  const features = avoid.features ?? [];
  if (feature === null || features.includes(feature)) return null;
  return { avoid: { ...avoid, features: [...features, feature] }, words: `without ${feature}` };
}
