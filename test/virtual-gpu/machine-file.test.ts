import { describe, expect, it } from 'vitest';
import {
  readMachineFile,
  readyMadeMachine,
  readyMadeMachines,
  type VirtualMachineDescription,
  writeMachineFile,
} from '../support/virtual-gpu-machine.ts';

describe('machine files', () => {
  it('say what a description says, and are read back as it', () => {
    const machine: VirtualMachineDescription = {
      system: { driverVersion: '550.163.01', sessionsAllowed: 8, smi: 'hang' },
      gpus: [
        {
          uuid: 'GPU-1',
          hevcTenBit: false,
          h264BFrames: 4,
          migSlice: ['1g.24gb MIG-a', '1g.24gb MIG-b'],
          openFails: { value: 10, sessions: 3 },
          outOfMemory: { sessions: 1 },
          lostAfterFrames: 20,
          hangAfterFrames: false,
          faultToken: '7',
        },
        { uuid: 'GPU-2', name: 'NVIDIA L4' },
      ],
    };
    const text = writeMachineFile(machine);
    expect(text).toBe(`[system]
driver_version = 550.163.01
sessions_allowed = 8
smi = hang

[gpu]
uuid = GPU-1
hevc_ten_bit = no
h264_b_frames = 4
mig_slice = 1g.24gb MIG-a
mig_slice = 1g.24gb MIG-b
open_fails = 10 for 3 sessions
out_of_memory = yes for 1 sessions
lost_after_frames = 20
hang_after_frames = no
fault_token = 7

[gpu]
uuid = GPU-2
name = NVIDIA L4
`);
    expect(readMachineFile(text)).toEqual(machine);
  });

  it.each(readyMadeMachines())('%s survives being read and written', (name) => {
    const machine = readyMadeMachine(name);
    expect(readMachineFile(writeMachineFile(machine))).toEqual(machine);
  });
});
