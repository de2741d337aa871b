/**
 * Every channel between the desktop shell's main process and its window, with what each carries. Wrappers on both sides
 * take their types from here; main checks the sender of each message.
 */

/** The window asks, main answers. */
export interface InvokeChannels {
  'gantry:pick-files': { args: []; result: string[] };
  'gantry:pick-folder': { args: []; result: string | null };
}

/** The window tells main. */
export interface TellChannels {
  'gantry:request-engine-port': [];
  'gantry:show-in-folder': [path: string];
}

/** Main tells the window. The first carries a port as its transfer. */
export interface WindowChannels {
  'gantry:engine-port': [];
  'gantry:files-opened': [paths: string[]];
}
