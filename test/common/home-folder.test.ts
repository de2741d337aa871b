import { expect, it } from 'vitest';
import { gantryHome } from '../../src/common/home-folder.ts';

const home = (platform: string, env: Record<string, string> = {}) =>
  gantryHome({ platform, env, homeFolder: platform === 'win32' ? 'C:\\Users\\ann' : '/home/ann' });

it('is where the platform keeps application data', () => {
  expect(home('linux')).toBe('/home/ann/.local/share/gantry');
  expect(home('linux', { XDG_DATA_HOME: '/data' })).toBe('/data/gantry');
  expect(home('darwin')).toBe('/home/ann/Library/Application Support/Gantry');
  expect(home('win32')).toBe('C:\\Users\\ann\\AppData\\Roaming\\Gantry');
  expect(home('win32', { APPDATA: 'D:\\Data' })).toBe('D:\\Data\\Gantry');
});

it('is what GANTRY_HOME says, on every platform', () => {
  for (const platform of ['linux', 'darwin', 'win32']) {
    expect(home(platform, { GANTRY_HOME: '/elsewhere', XDG_DATA_HOME: '/data' })).toBe('/elsewhere');
  }
});

it('takes an empty variable for an unset one, and a relative data folder for none', () => {
  expect(home('linux', { GANTRY_HOME: '', XDG_DATA_HOME: '' })).toBe('/home/ann/.local/share/gantry');
  expect(home('linux', { XDG_DATA_HOME: 'data' })).toBe('/home/ann/.local/share/gantry');
});
