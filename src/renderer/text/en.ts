import { formatCount } from '../../common/format.ts';
import type { Problem } from '../../common/problem.ts';

/** Every word of the window, in one place. Neutral statements, sentence case; what happened, why, what to do. */

function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function problemText(code: Problem['code'], message: string, nextStep: string): Problem {
  return { code, message, nextStep };
}

export const text = {
  app: {
    name: 'Gantry',
    titleRunning: (count: number) => `${formatCount(count)} running · Gantry`,
  },

  common: {
    cancel: 'Cancel',
    close: 'Close',
    save: 'Save',
    tryAgain: 'Try again',
  },

  rail: {
    label: 'Pages',
    queue: 'Queue',
    devices: 'Devices',
    presets: 'Presets',
    settings: 'Settings',
  },

  connection: {
    connecting: 'Connecting to the engine…',
    notReachable: 'The engine does not answer.',
    notReachableHint: 'Trying again by itself. If it was stopped, start it with “gantry serve”.',
    reconnecting: 'Reconnecting…',
    reconnectingHint: 'What is shown may be out of date. Nothing is lost.',
  },

  signIn: {
    missing: {
      title: 'This page needs its token',
      body: 'The token is part of the link that “gantry serve” prints. This address came without it.',
    },
    refused: {
      title: 'The token is not valid any more',
      body: 'The engine refused it. It may have been started anew with another token.',
    },
    stepTerminal: 'Find the terminal in which the engine runs and open the link it printed.',
    stepRestart: 'Where it is out of sight, stop the engine and start it again:',
    command: 'npx gantry serve',
    field: 'Or paste the link or the token here',
    notAToken: 'That is neither a link with a token nor a token.',
    submit: 'Connect',
  },

  broken: {
    title: 'This page stopped working',
    body: 'The queue runs on in the engine. Reload to see it again.',
    reload: 'Reload',
  },

  status: {
    queued: 'Waiting',
    running: 'Running',
    paused: 'Paused',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },

  filters: {
    all: 'All',
    running: 'Running',
    waiting: 'Waiting',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },

  columns: {
    status: 'Status',
    name: 'Name',
    preset: 'Preset',
    device: 'Device',
    progress: 'Progress',
    size: 'Size',
    actions: 'Actions',
  },

  queue: {
    waitingFor: (what: string) => `Waiting for ${what}`,
    listLabel: 'Jobs',
    filterLabel: 'Filter by status',
    search: 'Search',
    clearSearch: 'Clear the search',
    eta: 'Time left',
    progress: 'Progress',
    pauseAll: 'Pause all',
    resumeAll: 'Resume',
    more: 'More for the whole queue',
    clear: {
      done: 'Clear done jobs',
      failed: 'Clear failed jobs',
      cancelled: 'Clear cancelled jobs',
    },
    select: (name: string) => `Select ${name}`,
    selectionLimited: (most: number) => `Only the first ${formatCount(most)} rows are selected.`,
    doneIn: (time: string) => `Done in ${time}`,
    sizes: (before: string, after: string) => `${before} before, ${after} after`,
    nothingMatches: 'No job matches.',
    showAll: 'Show all jobs',
  },

  selection: {
    label: 'Actions for the selection',
    count: (count: string) => `${count} selected`,
    clear: 'Clear the selection',
  },

  actions: {
    pause: 'Pause',
    pauseJob: (name: string) => `Pause ${name}`,
    resume: 'Resume',
    resumeJob: (name: string) => `Resume ${name}`,
    cancel: 'Cancel',
    cancelJob: (name: string) => `Cancel ${name}`,
    retry: 'Retry',
    retryJob: (name: string) => `Retry ${name}`,
    encodeAgain: 'Encode again',
    remove: 'Remove',
    removeJob: (name: string) => `Remove ${name}`,
    download: 'Download',
    downloadJob: (name: string) => `Download the result of ${name}`,
    showInFolder: 'Show in folder',
    showJob: (name: string) => `Show the result of ${name} in its folder`,
    moveToTop: 'Move to top',
    details: 'Details',
    copyPath: 'Copy path',
    more: (name: string) => `More for ${name}`,
    moreShort: 'More',
  },

  confirm: {
    removeJobs: (count: number, running: number) => ({
      title: `Remove ${counted(count, 'job', 'jobs')}?`,
      body:
        running > 0
          ? `${counted(running, 'encode that is running is', 'encodes that are running are')} cancelled. Sources and finished outputs stay.`
          : 'Sources and finished outputs stay.',
      confirm: 'Remove',
    }),
    clear: (status: 'done' | 'failed' | 'cancelled', count: number) => ({
      title: `Clear ${counted(count, `${status} job`, `${status} jobs`)}?`,
      body: 'They leave the list. Sources and finished outputs stay.',
      confirm: 'Clear',
    }),
    removePreset: (name: string) => ({
      title: `Delete the preset “${name}”?`,
      body: 'Jobs that were added with it keep their settings.',
      confirm: 'Delete',
    }),
  },

  empty: {
    title: 'Drop videos here',
    bodyBrowser:
      'Files and folders are sent to the engine and encoded there. Files on its own disks need no upload.',
    bodyDesktop: 'Files or whole folders. Sources are never changed; results appear beside them.',
    or: 'or press',
    found: 'Found on this machine',
    readyFor: (codecs: string) => `ready for ${codecs}`,
  },

  details: {
    label: 'Job details',
    close: 'Close details',
    reading: 'Reading the job…',
    asked: 'Asked for',
    source: 'Source',
    readingSource: 'Reading the file…',
    ran: 'What ran',
    result: 'Result',
    notes: 'Not kept as it was',
    noteAction: { converted: 'Converted', dropped: 'Dropped' },
    priority: 'Priority',
    added: 'Added',
    started: 'Started',
    ended: 'Ended',
    path: 'Path',
    size: 'Size',
    length: 'Length',
    left: (eta: string) => `${eta} left`,
    took: (time: string, speed: string) => `Encoded in ${time} at ${speed} playback speed.`,
    fallback: (reason: string) => `The CPU did the work instead of a GPU: ${reason}`,
    attempt: (number: number) => `Attempt ${number}`,
    exitCode: (code: number) => `exit code ${code}`,
    command: 'Command',
    copyCommand: 'Copy command',
    log: 'Log',
    showLog: 'What the encoder said',
    readingLog: 'Reading the log…',
    emptyLog: 'The encoder said nothing.',
    copyLog: 'Copy log',
  },

  source: {
    kind: {
      video: 'Video',
      audio: 'Audio',
      subtitle: 'Subtitles',
      'cover-art': 'Cover art',
      attachment: 'Attachment',
      data: 'Data',
    },
    chapters: 'Chapters',
    chapterCount: (count: number) => formatCount(count),
    bits: (bits: number) => `${bits}-bit`,
    dynamicRange: { hdr10: 'HDR10', hlg: 'HLG' },
    variableFrameRate: 'variable frame rate',
    interlaced: 'interlaced',
    rotated: (degrees: number) => `turned ${degrees}°`,
    pixelAspect: (num: number, den: number) => `pixels ${num}:${den}`,
    channels: (count: number) => counted(count, 'channel', 'channels'),
    forced: 'forced',
    audioTracks: (count: number) =>
      count === 0 ? 'no audio' : counted(count, 'audio track', 'audio tracks'),
    subtitleTracks: (count: number) => counted(count, 'subtitle track', 'subtitle tracks'),
  },

  add: {
    add: 'Add',
    invitation: 'Drop videos anywhere, or press',
    dropHere: 'Drop to add to the queue',
    upload: 'Upload files…',
    fromServer: 'Choose on the engine’s machine…',
    files: 'Files…',
    folder: 'Folder…',
    title: 'Add to the queue',
    listLabel: 'Files to add',
    more: 'Add more files',
    nothingLeft: 'No files left to add.',
    waiting: 'Waiting to upload',
    reading: 'Reading…',
    largeFolder: 'A large folder: every video inside is added and read when its turn comes.',
    uploaded: (percent: string, size: string) => `${percent} of ${size}`,
    uploadProgress: (name: string) => `Upload of ${name}`,
    uploadAgain: (name: string) => `Upload ${name} again`,
    leaveOut: (name: string) => `Leave out ${name}`,
    leaveOutShort: 'Leave out',
    leftOut: (count: number) => `${counted(count, 'file', 'files')} left out: not video by name.`,
    start: (count: number) => (count === 0 ? 'Start' : `Start ${counted(count, 'encode', 'encodes')}`),
    added: (count: number) => `${counted(count, 'job', 'jobs')} added to the queue.`,
    uploadsGoOn: (count: number) => `Uploading ${counted(count, 'file', 'files')}`,
    uploadsFailed: (count: number) => `${counted(count, 'upload', 'uploads')} failed`,
    stopUploads: 'Stop these uploads',
    summary: (of: { ready: number; refused: number; failed: number; reading: number; uploading: number }) =>
      [
        of.ready > 0 ? `${formatCount(of.ready)} ready` : null,
        of.refused > 0
          ? `${formatCount(of.refused)} cannot be encoded and ${of.refused === 1 ? 'is' : 'are'} left out`
          : null,
        of.failed > 0 ? counted(of.failed, 'upload failed', 'uploads failed') : null,
        of.reading > 0 ? `${formatCount(of.reading)} being read` : null,
        of.uploading > 0 ? `${formatCount(of.uploading)} uploading` : null,
      ]
        .filter((part) => part !== null)
        .join(' · '),
    deviceHint: {
      auto: 'The fastest that is free; the CPU where no GPU can.',
      gpu: 'Waits for a GPU. Never falls back to the CPU.',
      noGpu: 'No GPU can encode here.',
      cpu: 'Always the processor.',
    },
  },

  output: {
    folder: 'Output folder',
    beside: 'Beside the source',
    besideHint: 'Empty puts each output beside its source.',
    browse: 'Choose a folder',
    template: 'File name',
    templateHint: 'May hold {name}, {preset}, {codec}, {height} and {date}.',
    templateEmpty: 'A file name is needed.',
    onExistingLabel: 'When the name is taken',
    onExisting: {
      rename: { label: 'Add a number', hint: 'film (2).mp4' },
      overwrite: { label: 'Replace the old file', hint: 'Only once the new one is complete.' },
      skip: { label: 'Skip the job', hint: 'It ends as cancelled.' },
      fail: { label: 'Fail the job', hint: 'It ends with an error.' },
    },
  },

  picker: {
    sources: {
      title: 'Choose on the engine’s machine',
      body: 'Files, or folders with all they hold. No upload is needed.',
      showAll: 'Show all files',
    },
    folder: {
      title: 'Choose a folder',
      body: 'Outputs are written to the folder that is open.',
      showAll: 'Show hidden folders',
    },
    crumbs: 'Folders above',
    places: 'Places',
    entries: 'Contents of the folder',
    up: 'One folder up',
    reading: 'Reading…',
    nothingHere: 'No videos here.',
    noFolders: 'No folders here.',
    useFolder: 'Use this folder',
    add: (count: number) => (count === 0 ? 'Add' : `Add ${formatCount(count)}`),
  },

  strip: {
    label: 'Devices at a glance',
    looking: 'Looking for devices…',
    load: (kind: 'gpu' | 'cpu', percent: number) => (kind === 'gpu' ? `enc ${percent} %` : `${percent} %`),
    sessions: (used: number, limit: number | null) =>
      limit === null ? `${used} running` : `${used}/${limit}`,
  },

  devices: {
    lead: 'A device offers a codec only after a real test encode on it.',
    auto: 'Auto',
    gpu: 'GPU',
    anyGpu: 'GPU only',
    cpu: 'CPU',
    checkAgain: 'Check again',
    checking: 'Checking…',
    driver: (version: string) => `Driver ${version}`,
    sessions: (used: number, limit: number | null) =>
      limit === null
        ? counted(used, 'encode running', 'encodes running')
        : `${used} of ${limit} encodes running`,
    memory: (used: string, total: string) => `${used} of ${total} memory`,
    nothingProven: 'No encoder has been proven yet.',
    status: { ready: 'Ready', busy: 'Busy', unavailable: 'Not available' },
    proof: {
      ok: 'Proven',
      busy: 'Busy',
      no: 'Not available',
      tenBit: '10-bit',
      noTenBit: '8-bit only',
      bFrames: 'B-frames',
      noBFrames: 'no B-frames',
    },
    reading: { memory: 'Memory', temperature: 'Temperature', power: 'Power drawn' },
  },

  presets: {
    lead: 'Every field means the same on every encoder.',
    own: 'Your own',
    builtIn: 'Built in',
    builtInHint: 'Built-in presets cannot be changed. Duplicate one to make it your own.',
    duplicate: 'Duplicate',
    edit: 'Edit',
    remove: 'Delete',
    export: 'Export',
    import: 'Import',
    importFile: 'Preset file to import',
    imported: (count: number) => `${counted(count, 'preset', 'presets')} imported.`,
    copyOf: (name: string) => `${name} copy`,
    newTitle: 'New preset',
    editTitle: (name: string) => `Edit “${name}”`,
    name: 'Name',
    nameEmpty: 'A name is needed.',
    description: 'Description',
    codec: 'Codec',
    rateMode: 'Rate control',
    rateModes: { quality: 'Constant quality', bitRate: 'Average bit rate' },
    quality: 'Quality (CRF)',
    qualityHint: 'Lower is better and larger. 18 to 28 is usual.',
    bitRate: 'Bit rate in kb/s',
    twoPass: 'Two passes on a CPU',
    effortHint: 'Slower makes smaller files of the same quality.',
    maxFrameRate: 'Frame rate at most',
    emptyIsSource: 'Empty keeps the source’s own.',
    maxWidth: 'Width at most',
    maxHeight: 'Height at most',
    sizeHint: 'Pictures are scaled down to fit, never up.',
    audioMode: 'Tracks',
    channels: 'Channels',
    audioRate: 'Bit rate per channel in kb/s',
    keepSubtitles: 'Keep subtitles',
    keepChapters: 'Keep chapters',
    keepMetadata: 'Keep metadata',
  },

  presetWords: {
    container: 'Container',
    containers: { mp4: 'MP4', mkv: 'MKV (Matroska)', mov: 'MOV (QuickTime)', webm: 'WebM' },
    video: 'Video',
    bitDepth: 'Bit depth',
    bits: (depth: '8' | '10') => (depth === '8' ? '8-bit' : '10-bit'),
    tenBit: (codec: string) => `${codec} 10-bit`,
    quality: 'Quality',
    constantQuality: (quality: number) => `Constant quality, CRF ${quality}`,
    averageRate: (rate: string) => `${rate} on average`,
    twoPass: (rate: string) => `${rate} on average, in two passes on a CPU`,
    effort: 'Effort',
    efforts: { fastest: 'Fastest', fast: 'Fast', medium: 'Medium', slow: 'Slow', slowest: 'Slowest' },
    size: 'Picture size',
    asSource: 'As the source',
    fits: (width: number, height: number) => `Scaled down to fit ${width}×${height}`,
    atMostLines: (height: number) => `At most ${height} lines high`,
    atMostColumns: (width: number) => `At most ${width} pixels wide`,
    frameRate: 'Frame rate',
    atMostFps: (fps: number) => `At most ${fps} fps`,
    deinterlace: 'Deinterlace',
    deinterlaceModes: { auto: 'Where the source is interlaced', always: 'Always', never: 'Never' },
    hdr: 'HDR',
    hdrModes: { keep: 'Kept where codec and bit depth can hold it', 'tone-map': 'Always mapped to SDR' },
    audio: 'Audio',
    audioModes: {
      auto: 'Copied where the container holds it',
      aac: 'Converted to AAC',
      opus: 'Converted to Opus',
      none: 'No audio',
    },
    perChannel: (rate: string) => `, converted tracks at ${rate} a channel`,
    atMostChannels: (count: number) => `, ${counted(count, 'channel', 'channels')} at most`,
    channelModes: { all: 'All', '1': 'Mono', '2': 'Stereo at most', '6': '5.1 at most' },
    subtitles: 'Subtitles',
    subtitleModes: { keep: 'Kept', none: 'Left out' },
    chapters: 'Chapters',
    metadata: 'Metadata',
    kept: 'Kept',
    leftOut: 'Left out',
  },

  settings: {
    appearance: 'Appearance',
    appearanceLead: 'Kept on this device.',
    theme: 'Theme',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
    newJobs: 'New jobs',
    newJobsLead: 'What a job gets when nothing else is chosen.',
    defaultPreset: 'Preset',
    encoding: 'Encoding',
    encodingLead: 'How the engine works.',
    cpuSlots: 'Encodes at once on the CPU',
    cpuSlotsHint: 'Empty chooses by the number of cores.',
    automatic: 'Automatic',
    stallTimeout: 'Stop an encode without progress after (seconds)',
    stallTimeoutHint: 'It is then tried again.',
    ffmpeg: 'Path of ffmpeg',
    ffprobe: 'Path of ffprobe',
    found: 'Found by itself',
    unsaved: 'Changes are not saved yet.',
    discard: 'Discard',
    wrong: {
      cpuSlots: 'Encodes at once must be a whole number from 1 to 64, or empty.',
      stallTimeout: 'The time without progress must be from 5 to 3600 whole seconds.',
      output: 'A file name of at most 200 characters is needed.',
      other: (field: string) => `The value of ${field} is not valid.`,
    },
    about: 'About',
    aboutLead: 'What runs here and what it found.',
    looking: 'Checking the installation…',
    allWell: 'Everything that is needed was found and works.',
    version: 'Gantry',
    node: 'Node',
    platform: 'Platform',
    home: 'Data folder',
    builds: 'ffmpeg builds',
    noBuilds: 'None was found.',
    build: (version: string) => `ffmpeg ${version}`,
    origin: {
      configured: 'set by you',
      shipped: 'shipped with Gantry',
      path: 'from the system',
      npm: 'from an npm package',
    },
  },

  toasts: {
    label: 'Notes',
    times: (message: string, count: number) => `${message} (${formatCount(count)} jobs)`,
    copied: 'Copied.',
    notCopied: 'The clipboard is not available. Select the text and copy it.',
  },

  problems: {
    notConnected: problemText(
      'internal',
      'The engine is not connected right now.',
      'Wait for the connection to come back, then do it again.',
    ),
    connectionLost: problemText(
      'internal',
      'The connection to the engine broke before it answered.',
      'Look whether it happened; if not, do it again.',
    ),
    engineFault: problemText(
      'internal',
      'The engine met an unexpected error.',
      'Do it again. If it happens again, look at the engine’s own output.',
    ),
    uploadBroken: problemText(
      'internal',
      'The connection broke during the upload.',
      'Upload the file again.',
    ),
    transferRefused: problemText(
      'internal',
      'The engine did not take or hand out the file.',
      'Look at the free space and the engine’s own output, then do it again.',
    ),
    noUploads: problemText(
      'internal',
      'This window has no uploads: it reads files where they are.',
      'Add the file by its path.',
    ),
    nothingInFolder: problemText(
      'source-no-streams',
      'The folder holds nothing that looks like video.',
      'Choose a file in it directly if its name misleads.',
    ),
    notJson: 'it is not JSON',
    presetFile: (what: string) =>
      problemText(
        'preset-invalid',
        `The file holds no valid preset: ${what}.`,
        'Correct the file and import it again.',
      ),
    presetInvalid: (what: string) =>
      problemText('preset-invalid', `The preset is not valid: ${what}.`, 'Correct the field and save again.'),
  },
};
