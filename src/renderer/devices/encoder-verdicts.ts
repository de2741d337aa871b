import type { EncoderProof } from '../../common/device.ts';
import type { Problem } from '../../common/problem.ts';

/** Whether an encoder can do one thing. Busy is not unable; what was not tried is neither. */
export type Verdict =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no' | 'busy'; readonly reason: Problem | null }
  | { readonly kind: 'untried' };

export interface EncoderVerdicts {
  readonly eightBit: Verdict;
  readonly tenBit: Verdict;
  readonly bFrames: Verdict;
}

export function verdictsOf(proof: EncoderProof): EncoderVerdicts {
  return {
    eightBit: verdict(proof.ok, proof.reason),
    tenBit: verdict(proof.tenBit, proof.tenBitReason),
    bFrames: verdict(proof.bFrames, proof.bFramesReason),
  };
}

function verdict(took: boolean | null, reason: Problem | null): Verdict {
  if (took === true) return { kind: 'yes' };
  if (reason?.code === 'session-limit') return { kind: 'busy', reason };
  return took === null ? { kind: 'untried' } : { kind: 'no', reason };
}
