import { readFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { SourceMap } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folders whose files a reader of the service opens; tests, benches and scripts only look on. */
const OURS =
  /^(activities|api|domain|entities|migrations|office|platform|workers|workflows)\/.*\.ts$|^temporal\.config\.ts$/;

/** How often each function of the project has run: by file, then by the function's place in it. */
export type Calls = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface FunctionCounter {
  /** The calls since the last `take`. */
  take(): Calls;
  close(): void;
}

/**
 * Counts the calls of the project's own functions in this process, by V8's precise coverage. The workflows' bundle is mapped
 * back to their files by its source map, so that a worker in this process must run them here (`TEMPORAL_DEBUG`).
 */
export function countFunctions(bundlePath: string): FunctionCounter {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const bundle = bundleReader(bundlePath);
  return {
    take() {
      let calls: Calls = new Map();
      // In its own thread the inspector answers before `post` returns.
      session.post('Profiler.takePreciseCoverage', (error, coverage) => {
        if (error) throw error;
        calls = callsIn(coverage.result, bundle);
      });
      return calls;
    },
    close: () => session.disconnect(),
  };
}

function callsIn(scripts: readonly Profiler.ScriptCoverage[], bundle: BundleReader): Calls {
  const calls = new Map<string, Map<string, number>>();
  for (const { url, functions } of scripts) {
    for (const { functionName, ranges } of functions) {
      const [range] = ranges;
      if (!range || range.count === 0) continue;
      const file = url.includes('workflow-bundle') ? bundle.fileAt(range.startOffset) : url;
      const path = relative(ROOT, file.startsWith('file:') ? fileURLToPath(file) : file);
      if (!OURS.test(path)) continue;
      const counts = calls.get(path) ?? new Map<string, number>();
      calls.set(path, counts);
      const place = `${functionName}@${url.includes('workflow-bundle') ? 'bundle:' : ''}${range.startOffset}`;
      counts.set(place, (counts.get(place) ?? 0) + range.count);
    }
  }
  return calls;
}

interface BundleReader {
  /** The file that stands at this place of the bundle; empty for webpack's own code. */
  fileAt(offset: number): string;
}

function bundleReader(path: string): BundleReader {
  const code = readFileSync(path, 'utf8');
  const [, encoded] = /sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,(\S+)/.exec(code) ?? [];
  if (encoded === undefined) throw new Error('the workflow bundle has no source map');
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
  const starts = [0];
  for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) starts.push(at + 1);
  return {
    fileAt(offset) {
      const line = starts.findLastIndex((start) => start <= offset);
      const entry = map.findEntry(line, offset - (starts[line] ?? 0));
      // Webpack's own code, the getters of exports among it, has no mapping on its line: what is found is another line's.
      return 'originalSource' in entry && entry.generatedLine === line ? entry.originalSource : '';
    },
  };
}
