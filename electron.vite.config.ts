import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  main: {
    build: {
      // Native and lazily loaded packages stay outside; the rest is bundled, so that the command line starts quickly.
      externalizeDeps: {
        exclude: [
          'zod',
          'ws',
          '@orpc/client',
          '@orpc/contract',
          '@orpc/openapi',
          '@orpc/server',
          '@orpc/zod',
        ],
      },
      rollupOptions: {
        input: {
          index: 'src/main/index.ts',
          'engine-process': 'src/main/engine-process.ts',
          cli: 'src/cli/index.ts',
        },
      },
    },
  },
  preload: {
    build: {
      rollupOptions: {
        input: { index: 'src/preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react(), tailwindcss()],
    build: { rollupOptions: { input: 'src/renderer/index.html' } },
  },
});
