import { defineConfig } from 'vite';
import { compression, defineAlgorithm } from 'vite-plugin-compression2';

/** Where the API of a running service answers the pages of `npm run web:dev`. */
const API = `http://127.0.0.1:${process.env['PORT'] ?? 3000}`;

/** The desks are built once, by the set-up; every file also compressed, so that serving one costs nothing. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { onwarn: withoutDirectives },
  },
  server: {
    proxy: Object.fromEntries(['/v1', '/dev', '/.well-known', '/problems', '/docs'].map((path) => [path, API])),
  },
  plugins: [compression({ algorithms: [defineAlgorithm('gzip', {}), defineAlgorithm('brotliCompress', {})] })],
});

/** Libraries mark what is for browsers by a directive that only servers of pages need. */
function withoutDirectives(warning: { readonly code?: string }, warn: (warning: never) => void): void {
  if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning as never);
}
