/** The arrows of the house: renderer → common; main, cli → engine → common. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'common-stands-alone',
      comment: 'common is read by both sides: no Node, no DOM, no other room',
      severity: 'error',
      from: { path: '^src/common' },
      to: { path: '^src/(?!common)' },
    },
    {
      name: 'common-has-no-node',
      severity: 'error',
      from: { path: '^src/common' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'renderer-knows-common-only',
      severity: 'error',
      from: { path: '^src/renderer' },
      to: { path: '^src/(?!renderer|common)' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^src/renderer' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engine-knows-common-only',
      severity: 'error',
      from: { path: '^src/engine' },
      to: { path: '^src/(?!engine|common)' },
    },
    {
      name: 'engine-has-no-window',
      severity: 'error',
      from: { path: '^src/(engine|cli)' },
      to: { path: 'node_modules/(electron|react|react-dom)/' },
    },
    {
      name: 'electron-only-in-the-shell',
      severity: 'error',
      from: { pathNot: '^src/(main|preload)' },
      to: { path: 'node_modules/electron/' },
    },
    {
      name: 'cli-knows-engine-and-common',
      severity: 'error',
      from: { path: '^src/cli' },
      to: { path: '^src/(main|preload|renderer)' },
    },
    {
      name: 'main-knows-engine-and-common',
      severity: 'error',
      from: { path: '^src/main' },
      to: { path: '^src/(cli|preload|renderer)' },
    },
    {
      name: 'preload-knows-common',
      severity: 'error',
      from: { path: '^src/preload' },
      to: { path: '^src/(?!preload|common)' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
