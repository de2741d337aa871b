import { describe, expect, it } from 'vitest';
import { DEFAULT_SIZE, openingBounds, parseWindowState } from '../../src/main/window-state.ts';

const SCREEN = { x: 0, y: 25, width: 1920, height: 1055 };
const saved = (x: number, y: number, width = 1000, height = 700) => ({
  bounds: { x, y, width, height },
  isMaximized: false,
});

describe('a window', () => {
  it('opens as it was left', () => {
    expect(openingBounds(saved(100, 100), [SCREEN])).toEqual({ x: 100, y: 100, width: 1000, height: 700 });
  });

  it('opens where the system likes the first time', () => {
    expect(openingBounds(null, [SCREEN])).toEqual(DEFAULT_SIZE);
  });

  it('keeps its size and loses its place when its screen is gone', () => {
    expect(openingBounds(saved(2500, 100), [SCREEN])).toEqual({ width: 1000, height: 700 });
  });

  it('stays on a second screen to the left', () => {
    const left = { x: -1280, y: 0, width: 1280, height: 1024 };
    expect(openingBounds(saved(-1200, 50), [SCREEN, left])).toMatchObject({ x: -1200, y: 50 });
  });

  it('is no larger than its screen and no smaller than it can be used', () => {
    expect(openingBounds(saved(0, 25, 4000, 100), [SCREEN])).toMatchObject({ width: 1920, height: 480 });
  });

  it('never opens with its title bar out of reach', () => {
    expect(openingBounds(saved(100, -300), [SCREEN])).toMatchObject({ y: 25 });
  });
});

describe('what was saved', () => {
  it('is read back', () => {
    expect(parseWindowState(JSON.stringify(saved(1, 2)))).toEqual(saved(1, 2));
  });

  it.each([
    '',
    '{',
    'null',
    '{"bounds":{"x":"1"}}',
    '{"bounds":{"x":0,"y":0,"width":0,"height":0},"isMaximized":false}',
  ])('is nothing when it is %s', (text) => {
    expect(parseWindowState(text)).toBeNull();
  });
});
