import { Tooltip } from 'radix-ui';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../src/common/device.ts';
import { buildLines, buildNotes } from '../../../src/renderer/devices/build-lines.ts';
import { EncoderTable } from '../../../src/renderer/devices/encoder-table.tsx';
import { verdictsOf } from '../../../src/renderer/devices/encoder-verdicts.ts';
import { aDevice, aProblem, aProof } from '../a-device.ts';

const noBFrames = aProblem('capability-missing', 'This GPU encodes HEVC without B-frames.');
const full = aProblem('session-limit', 'All sessions are taken.');

function tableOf(device: Device): string {
  return renderToStaticMarkup(
    <Tooltip.Provider>
      <EncoderTable device={device} name="RTX" />
    </Tooltip.Provider>,
  );
}

describe('what an encoder proved', () => {
  it('is a no with its reason, which is not the same as busy or not tried', () => {
    const proof = aProof({
      codec: 'hevc',
      ...{ tenBit: false, tenBitReason: full, bFrames: false, bFramesReason: noBFrames },
    });
    expect(verdictsOf(proof)).toEqual({
      eightBit: { kind: 'yes' },
      tenBit: { kind: 'busy', reason: full },
      bFrames: { kind: 'no', reason: noBFrames },
    });
    const failed = aProof({ ok: false, reason: noBFrames });
    expect(verdictsOf(failed)).toEqual({
      eightBit: { kind: 'no', reason: noBFrames },
      tenBit: { kind: 'untried' },
      bFrames: { kind: 'untried' },
    });
  });

  it('carries each reason as a name that the keyboard reaches', () => {
    const device = aDevice('GPU-1', 'gpu', 'RTX', {
      encoders: [aProof({ codec: 'hevc', tenBit: true, bFrames: false, bFramesReason: noBFrames })],
    });
    expect(tableOf(device)).toMatch(
      /<button[^>]* aria-label="HEVC B-frames: no. This GPU encodes HEVC without B-frames. Look at it."/,
    );
  });

  it('does not ask B-frames of a CPU', () => {
    const cpu = aDevice('cpu', 'cpu', 'CPU', { encoders: [aProof({ encoder: 'libx264', tenBit: true })] });
    expect(tableOf(cpu)).not.toContain('B-frames');
    expect(tableOf(cpu)).toContain('libx264');
  });
});

describe('the ffmpeg builds of a device', () => {
  const builds = new Map([
    ['b1', { version: '7.0.2' }],
    ['b2', { version: '5.1.6' }],
  ]);

  it('are named once where one proved all, by codec where they differ', () => {
    const same = [aProof(), aProof({ codec: 'hevc' })];
    expect(buildLines(same, builds)).toEqual(['Proven with ffmpeg 7.0.2.']);
    const mixed = [
      aProof(),
      aProof({ codec: 'hevc', buildId: 'b2' }),
      aProof({ codec: 'av1', buildId: 'b2' }),
    ];
    expect(buildLines(mixed, builds)).toEqual([
      'H.264 proven with ffmpeg 7.0.2.',
      'HEVC, AV1 proven with ffmpeg 5.1.6.',
    ]);
  });

  it('are not named for what was not proven, nor before they are known', () => {
    expect(buildLines([aProof({ ok: false })], builds)).toEqual([]);
    expect(buildLines([aProof()], new Map())).toEqual([]);
  });

  it('say once why a better one was passed over', () => {
    const note = aProblem('driver-too-old', 'ffmpeg 8.1 is too new for the driver.');
    expect(buildNotes([aProof({ buildNote: note }), aProof({ codec: 'hevc', buildNote: note })])).toEqual([
      note,
    ]);
  });
});
