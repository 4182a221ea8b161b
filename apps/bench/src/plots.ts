import type { EChartsOption, LineSeriesOption } from 'echarts'
import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly lines: readonly Line[]
  /** Default: linear. */
  readonly xScale?: 'log'
  readonly yScale?: 'log'
}

const WIDTH = 720
const HEIGHT = 400

/** Draws a plot as SVG. ECharts draws it without a browser. */
export function drawPlot({ title, x, y, lines, xScale, yScale }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  const axis = (name: string, scale: 'log' | undefined, nameGap: number) => ({
    type: scale ?? ('value' as const),
    name,
    nameGap,
    nameLocation: 'middle' as const,
    ...(scale === undefined && { min: 0 }),
  })
  const option: EChartsOption = {
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { top: 28, type: 'plain' },
    grid: { left: 70, right: 30, top: lines.length > 6 ? 110 : 80, bottom: 55 },
    xAxis: axis(x, xScale, 30),
    yAxis: axis(y, yScale, 48),
    series: lines.map(
      ({ name, points }): LineSeriesOption => ({
        type: 'line',
        name,
        data: points.map((point) => [...point]),
        symbolSize: 5,
      }),
    ),
  }
  chart.setOption(option)
  const svg = chart.renderToSVGString()
  chart.dispose()
  // Its style only serves the pointer. The title is for readers that cannot see the plot.
  return svg.replace(/<style.*?<\/style>/gs, '').replace('>', `><title>${title}: ${y} by ${x}</title>`)
}
