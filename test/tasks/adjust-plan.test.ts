import { expect, it } from 'vitest';
import type { Problem, ProblemCode } from '../../src/common/problem.ts';
import type { EncodePlan } from '../../src/engine/media/encode-request.ts';
import { adjustPlan } from '../../src/engine/tasks/adjust-plan.ts';

const onGpu = { pipeline: 'gpu' } as EncodePlan;
const cpuDecodes = { pipeline: 'gpu-encode' } as EncodePlan;

function refusal(code: ProblemCode, detail: string): Problem {
  return { code, message: 'No.', nextStep: 'Do.', detail };
}
const NO_B_FRAMES = refusal('capability-missing', '[hevc_nvenc @ 0x1] Max B-frames 4 exceed 0');

it('leaves out what the GPU refused, each part once', () => {
  const first = adjustPlan({}, NO_B_FRAMES, cpuDecodes);
  expect(first?.avoid).toEqual({ features: ['b-frames'] });
  expect(adjustPlan(first?.avoid ?? {}, NO_B_FRAMES, cpuDecodes)).toBeNull();
});

it('lets the CPU decode what the GPU could not, and only where the GPU had decoded', () => {
  const failure = refusal('gpu-decode-failed', 'Failed setup for format cuda');
  expect(adjustPlan({}, failure, onGpu)?.avoid).toEqual({ gpuDecode: true });
  expect(adjustPlan({ gpuDecode: true }, failure, onGpu)).toBeNull();
  expect(adjustPlan({}, failure, cpuDecodes)).toBeNull();
});

it('keeps what was left out before', () => {
  const both = adjustPlan({ gpuDecode: true }, NO_B_FRAMES, cpuDecodes);
  expect(both?.avoid).toEqual({ gpuDecode: true, features: ['b-frames'] });
});

it('never lowers the bit depth that was asked for', () => {
  const failure = refusal('capability-missing', '[h264_nvenc @ 0x1] 10 bit encode not supported');
  expect(adjustPlan({}, failure, cpuDecodes)).toBeNull();
});
