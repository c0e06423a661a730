import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './arrows.ts';
import { runFolder } from './run.ts';

export const FOLDER = join(ROOT, 'deploy/kubernetes');

const PYTHON = join(ROOT, '.tools/venv/bin/python3');
/** The oldest and the newest release of Kubernetes whose schemas the manifests keep. */
const RELEASES = ['1.32.0', '1.37.0'];

/** The files with manifests, from `deploy/kubernetes/` on; Kustomize's own files are others. */
export const manifests = globSync('**/*.yaml', { cwd: FOLDER })
  .filter((file) => !file.endsWith('kustomization.yaml'))
  .toSorted();

/** Holds files to the official schemas, strictly: no field that is unknown. `said` has a line for each fault. */
export function validate(files: readonly string[]): { valid: boolean; said: string } {
  const releases = RELEASES.flatMap((release) => ['-k', release]);
  const { status, stdout, stderr } = spawnSync(
    PYTHON,
    ['-m', 'kubernetes_validate', '--strict', '--quiet', ...releases, ...files],
    { encoding: 'utf8', cwd: FOLDER },
  );
  return { valid: status === 0, said: stdout + stderr };
}

/** The same for a text. */
export function validateText(text: string): { valid: boolean; said: string } {
  const file = join(mkdtempSync(join(runFolder(), 'kubernetes-')), 'manifest.yaml');
  writeFileSync(file, text);
  return validate([file]);
}

const resource = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }).optional(),
});
export type Resource = z.infer<typeof resource>;

const TO_JSON = 'import json, sys, yaml; print(json.dumps([list(yaml.safe_load_all(open(f))) for f in sys.argv[1:]]))';

/** The documents of YAML files. */
export function documentsOf(files: readonly string[]): Resource[] {
  const json = execFileSync(PYTHON, ['-c', TO_JSON, ...files], { encoding: 'utf8', cwd: FOLDER });
  return z.array(z.array(resource)).parse(JSON.parse(json)).flat();
}

/** Whether Kustomize can be asked: `kubectl` brings it. */
export const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** What Kustomize makes of a folder, as YAML. Throws with its words. */
export function kustomize(folder: string): string {
  return execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', cwd: FOLDER });
}
