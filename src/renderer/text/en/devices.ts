import { counted } from '../counted.ts';

/** Words of the devices page, the strip and wherever a device is named. */
export const devices = {
  lead: 'A device offers a codec only after a real test encode on it.',
  auto: 'Auto',
  gpu: 'GPU',
  anyGpu: 'GPU only',
  cpu: 'CPU',
  onlyCpu: 'CPU only',
  only: (name: string) => `Only ${name}`,
  /** One of several devices of the same name. */
  numbered: (name: string, number: number) => `${name} #${number}`,
  checkAgain: 'Check again',
  checking: 'Checking…',
  driver: (version: string) => `Driver ${version}`,
  sessions: (used: number, limit: number | null) =>
    limit === null
      ? counted(used, 'encode running', 'encodes running')
      : `${used} of ${limit} encodes running`,
  otherSessions: (count: number) => `${count} of other programs`,
  hostSessions: (used: number, limit: number) =>
    `All GPUs together: ${used} of ${limit} encodes that the driver allows at once.`,
  nothingProven: 'No encoder has been proven yet.',
  state: {
    ready: 'Ready',
    busy: 'Busy',
    checking: 'Checking',
    'out-of-service': 'Out of service',
    'no-encoder': 'No encoder',
    unavailable: 'Not available',
  },
  ownWords: 'In the driver’s own words',
  retryIn: (time: string) => `Tried again in ${time}.`,
  retryNow: 'Being tried again…',
  ofTotal: (total: string) => `of ${total}`,
  disk: (used: string, total: string) => `Disk: ${used} of ${total} used`,

  spanLabel: 'How far back the charts look',
  span: { '1m': '1 min', '10m': '10 min', '2h': '2 h', '24h': '24 h' },
  now: 'Now',
  moment: (time: string, readings: string) => `${time}: ${readings}`,
  noReading: 'no reading',
  readingsOf: (name: string) => `Readings of ${name} over time`,
  historyFailed: (reason: string) => `The readings of this time could not be read: ${reason}`,
  metric: {
    gpu: 'GPU',
    cpu: 'CPU',
    encoder: 'Encoder',
    decoder: 'Decoder',
    memory: 'Memory',
    temperature: 'Temperature',
    power: 'Power',
  },

  encoders: (name: string) => `What ${name} can encode`,
  column: { codec: 'Encodes', eightBit: '8-bit', tenBit: '10-bit', bFrames: 'B-frames' },
  verdict: { yes: 'Yes', no: 'No', busy: 'Busy', untried: 'Not tried' },
  noBecause: (what: string, reason: string) => `${what}: no. ${reason}`.trimEnd(),
  busyBecause: (what: string, reason: string) => `${what}: busy. ${reason}`.trimEnd(),
  proofOf: (codec: string, ability: string) => `${codec} ${ability}`,
  provenWith: (build: string) => `Proven with ${build}.`,
  provenWithEach: (codecs: string, build: string) => `${codecs} proven with ${build}.`,
  ffmpeg: (version: string) => `ffmpeg ${version}`,

  decodes: 'Decodes',
  decodesTenBit: (codec: string) => `${codec} 10-bit`,
  decodesEightBit: (codec: string) => `${codec} 8-bit`,
  decodesNot: (codec: string) => `Decoding ${codec}`,
  pipeline: {
    ok: 'Frames stay on the GPU from decoder to encoder.',
    no: (reason: string) => `Frames pass through the CPU on their way: ${reason}`,
  },
};

export const strip = {
  label: 'Devices at a glance',
  looking: 'Looking for devices…',
  encoder: 'enc',
  percent: (percent: number) => `${percent} %`,
  sessions: (used: number, limit: number | null) => (limit === null ? `${used}` : `${used}/${limit}`),
  running: 'running',
};
