const LINES = 9;
const POINTS = 240;

/**
 * The rosette of a security print, as the `d` of an SVG path within a circle of radius 100 around the origin: a wave around a ring, drawn
 * several times with the phase shifted. Its shape follows from the signature, so that two checks do not look the same.
 */
export function guillocheOf(signature: string): string {
  const [first = 0, second = 0, third = 0] = Array.from(signature, (letter) => letter.charCodeAt(0));
  const shape = { petals: 5 + (first % 9), depth: 0.12 + (second % 10) / 100, twist: 2 + (third % 5) };
  return Array.from({ length: LINES }, (_, line) => waveOf(shape, line / LINES)).join('');
}

interface Shape {
  readonly petals: number;
  readonly depth: number;
  readonly twist: number;
}

function waveOf({ petals, depth, twist }: Shape, shift: number): string {
  const points = Array.from({ length: POINTS }, (_, step) => {
    const angle = (step / POINTS) * 2 * Math.PI;
    const phase = petals * angle + shift * 2 * Math.PI;
    const radius = 100 * (1 - depth * (1 + Math.cos(phase)) * (1 + 0.4 * Math.cos(twist * angle)));
    return `${(radius * Math.cos(angle)).toFixed(1)} ${(radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${points.join('L')}Z`;
}
