import { readdirSync, readFileSync } from 'node:fs';

/** A process that is measured together with all that it has started. */
export interface Measured {
  readonly name: string;
  readonly pid: number;
}

/** Linux counts processor time in hundredths of a second on every machine that we know of (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that the process and its descendants, also the ended ones, have used so far. */
export function cpuSecondsOf(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + ticksOf(member, member === pid), 0) / TICKS_PER_SECOND;
}

/** Bytes of memory of the process and its descendants; what several of them share is counted once (PSS). */
export function memoryBytesOf(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + proportionalBytes(member), 0);
}

function treeOf(root: number): number[] {
  const parents = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0)
    .map((pid) => ({ pid, parent: Number(statOf(pid)?.[1]) }));
  const tree = [root];
  for (const ancestor of tree) {
    for (const { pid, parent } of parents) if (parent === ancestor) tree.push(pid);
  }
  return tree;
}

function ticksOf(pid: number, withEndedChildren: boolean): number {
  const stat = statOf(pid);
  if (!stat) return 0;
  const [user, system, endedUser, endedSystem] = stat.slice(11, 15).map(Number);
  const own = (user ?? 0) + (system ?? 0);
  return withEndedChildren ? own + (endedUser ?? 0) + (endedSystem ?? 0) : own;
}

/** The fields of `/proc/PID/stat` from the third on: the second is a name that may hold spaces. */
function statOf(pid: number): string[] | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function proportionalBytes(pid: number): number {
  const kilobytes = /^Pss: +(\d+) kB/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** `undefined` when the process has ended meanwhile. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
