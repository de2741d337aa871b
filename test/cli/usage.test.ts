import { describe, expect, it } from 'vitest';
import { gantry } from './command-line.ts';

describe('a command line that is wrong', () => {
  it.each([
    ['an unknown command', ['transmogrify'], 'transmogrify'],
    ['a command that is nearly right', ['queue', 'lst'], "'lst'. Did you mean list?\n"],
    ['an unknown option', ['devices', '--colour'], '--colour'],
    ['a missing input', ['encode'], 'input'],
    ['an empty input, which would mean the current folder', ['encode', ''], 'empty'],
    ['too many inputs', ['inspect', 'a', 'b'], 'Too many'],
    ['a bad choice', ['encode', 'a', '--on-existing', 'maybe'], 'rename, overwrite, skip, fail'],
    ['a limit that is no number', ['queue', 'list', '--limit', 'ten'], 'whole number'],
    ['a limit below the least', ['queue', 'list', '--limit', '0'], 'from 1'],
    ['a status that jobs do not have', ['queue', 'list', '--status', 'lost'], 'queued, running'],
    ['a port that does not exist', ['serve', '--port', '70000'], '65535'],
    ['a setting without a value', ['encode', 'a', '--set', 'video.effort'], 'key=value'],
    ['an id that is no number', ['queue', 'show', 'first'], 'job id'],
    ['no job at all', ['queue', 'cancel'], '--all'],
    ['ids and --all at once', ['queue', 'cancel', '1', '--all'], '--all'],
    ['no place to move to', ['queue', 'move', '1'], '--before'],
    ['two places to move to', ['queue', 'move', '1', '--before', '2', '--last'], '--before'],
    ['a priority out of bounds', ['queue', 'priority', '5000', '1'], '1000'],
  ])('ends with exit code 2 for %s, and says what is wrong', async (_, argv, named) => {
    const ran = await gantry(argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.out).toBe('');
    expect(ran.err).toContain(named);
    expect(ran.err.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('is told as a problem on stdout with --json', async () => {
    const ran = await gantry(['queue', 'list', '--json', '--limit', 'ten']);
    expect(ran.exitCode).toBe(2);
    expect(ran.events).toEqual([
      {
        error: {
          code: 'invalid-request',
          message: expect.stringContaining('ten'),
          nextStep: 'See: gantry queue list --help',
        },
      },
    ]);
  });

  it('does not take an input called --json after -- for the option', async () => {
    const ran = await gantry(['inspect', '--', '--json', 'b']);
    expect(ran).toMatchObject({ exitCode: 2, out: '' });
  });
});

describe('help', () => {
  it.each([[['--help']], [['help', 'encode']], [['queue', '--help']], [['presets', 'export', '--help']]])(
    'is success and goes to stdout: %j',
    async (argv) => {
      const ran = await gantry(argv);
      expect(ran).toMatchObject({ exitCode: 0, err: '' });
      expect(ran.out).toContain('Usage: gantry');
    },
  );

  it('names every command', async () => {
    const { out } = await gantry(['--help']);
    for (const name of ['encode', 'queue', 'presets', 'devices', 'inspect', 'doctor', 'serve']) {
      expect(out).toContain(`  ${name}`);
    }
  });

  it('is shown as a failure when no command was named', async () => {
    const ran = await gantry([]);
    expect(ran).toMatchObject({ exitCode: 2, out: '' });
    expect(ran.err).toContain('Usage: gantry');
  });
});

it('prints the version and nothing else', async () => {
  expect(await gantry(['--version'])).toMatchObject({ exitCode: 0, out: '1.2.3\n', err: '' });
});
