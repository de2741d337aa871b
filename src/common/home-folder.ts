/**
 * The folder that holds the queue, settings and everything else that Gantry keeps: `GANTRY_HOME`, else the platform's
 * place for application data. The command line and the desktop app must come to the same one, because there is one
 * engine per folder.
 *
 * @param machine.homeFolder the person's home folder, absolute
 * @returns a path in the platform's own form; relative only when `GANTRY_HOME` is
 */
export function gantryHome(machine: {
  platform: string;
  env: Readonly<Record<string, string | undefined>>;
  homeFolder: string;
}): string {
  const { platform, env, homeFolder } = machine;
  const named = env['GANTRY_HOME'];
  if (named !== undefined && named !== '') return named;
  switch (platform) {
    case 'win32':
      return `${env['APPDATA'] || `${homeFolder}\\AppData\\Roaming`}\\Gantry`;
    case 'darwin':
      return `${homeFolder}/Library/Application Support/Gantry`;
    default: {
      const dataFolder = env['XDG_DATA_HOME'];
      // The XDG base directory specification: a relative path is to be ignored.
      return dataFolder?.startsWith('/') ? `${dataFolder}/gantry` : `${homeFolder}/.local/share/gantry`;
    }
  }
}
