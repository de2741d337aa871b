import { counted } from '../counted.ts';

/** Words of the benchmark page. */
export const bench = {
  lead: 'Real encodes of a generated clip: how fast, how good, at what power.',
  runs: 'Benchmarks',
  run: 'Benchmark',
  start: 'New benchmark',
  startUnderWay: 'A benchmark is under way. Two at once would measure each other.',
  reading: 'Reading the benchmarks…',
  empty: {
    title: 'Nothing was measured yet',
    body: 'A benchmark encodes the same clip on every device with every encoder preset, and keeps the figures: which device is fastest, what quality costs, what a new driver changed.',
  },

  form: {
    title: 'New benchmark',
    body: 'Each device waits for the encodes that run on it, and takes no new ones while it is measured. The CPU is held all along, as it decodes for every GPU.',
    devices: 'Devices',
    codecs: 'Codecs',
    depth: 'How thorough',
    depths: {
      quick: {
        label: 'Quick',
        hint: 'A short clip and a few encoder presets: about a minute for each device.',
      },
      full: { label: 'Full', hint: 'Every encoder preset: some minutes for each device.' },
    },
    nothing: 'Choose at least one device and one codec.',
    start: 'Start',
  },

  status: {
    waiting: 'Waiting',
    running: 'Running',
    done: 'Done',
    cancelled: 'Cancelled',
    failed: 'Failed',
  },
  waitingFor: (what: string) => `Waiting for ${what}`,
  progress: (done: number, total: number) => `${done} of ${counted(total, 'encode', 'encodes')}`,
  encodes: (count: number) => counted(count, 'encode', 'encodes'),
  quick: 'Quick',
  full: 'Full',
  tookTime: (time: string) => `in ${time}`,
  clip: (width: number, height: number, seconds: string) => `clip ${width}×${height}, ${seconds}`,
  cancel: 'Cancel the benchmark',
  remove: 'Delete',
  export: 'Export',
  exportAs: { csv: 'Table (CSV)', json: 'All data (JSON)' },
  confirmRemove: (when: string) => ({
    title: 'Delete this benchmark?',
    body: `What was measured on ${when} is forgotten.`,
    confirm: 'Delete',
  }),

  codecLabel: 'Codec',
  compareWith: 'Compare with',
  compareNone: 'Nothing',
  nothingToCompare: 'The two have no encode in common.',
  changed: {
    driver: (device: string, before: string, after: string) =>
      `Driver of ${device}: ${before} then, ${after} here.`,
    ffmpeg: (device: string, before: string, after: string) =>
      `ffmpeg on ${device}: ${before} then, ${after} here.`,
  },

  chart: 'Frames per second',
  chartNote: 'The table below has the same figures.',
  chartMark: 'The mark in a bar is the benchmark it is compared with.',
  rate: {
    quality: '',
    'bit-rate': 'bit rate',
    'two-pass': '2 passes',
  },
  table: (codec: string) => `What was measured with ${codec}`,
  columns: {
    device: 'Device',
    preset: 'Preset',
    rate: 'Rate control',
    fps: 'Speed',
    speed: 'Playback',
    timesCpu: '× CPU',
    bitRate: 'Bit rate',
    vmaf: 'VMAF',
    power: 'Power',
    fpsChange: 'Change',
    vmafChange: 'VMAF change',
  },
  timesCpuHint: (encoder: string, preset: string) =>
    `Against ${encoder} ${preset} with the same rate control`,
  skipped: 'Not measured',
  notYet: 'Nothing was measured with this codec yet.',
  noResults: 'Nothing was measured.',
};
