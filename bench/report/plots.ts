import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { init, type EChartsCoreOption } from 'echarts';

const FOLDER = fileURLToPath(new URL('../../docs/performance/', import.meta.url));

/** Draws a chart as SVG into docs/performance. */
export function draw(name: string, option: EChartsCoreOption): void {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 380 });
  chart.setOption({ animation: false, backgroundColor: '#ffffff', ...option });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}${name}.svg`, chart.renderToSVGString());
  chart.dispose();
}
