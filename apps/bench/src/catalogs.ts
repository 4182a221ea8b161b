import type { Tool } from '@glovebox/core'
import { declarationsFromTools } from '@glovebox/core/schema'
import { CORPUS, type ListedTool, readCorpus } from './corpus.ts'

const SIZES = [10, 100, 1_000, 10_000]

/** Time in ms to declare that many real tools, the first time and once compilers have optimized. */
export interface CatalogTime {
  readonly tools: number
  readonly firstMs: number
  readonly warmMs: number
}

/** Measures the declarations of catalogs of several sizes. The first figure is only true in a new process. */
export async function declareCatalogs(): Promise<CatalogTime[]> {
  const all = (await readCorpus(CORPUS)).flatMap(({ tools }) => tools)
  const take = (count: number): Tool[] =>
    Array.from({ length: count }, (_, index) => {
      const tool = structuredClone(all[index % all.length] as ListedTool)
      return { ...tool, name: `${tool.name}_${index}`, execute: () => undefined }
    })
  const declare = (count: number): number => {
    const tools = take(count)
    const started = performance.now()
    declarationsFromTools(tools, { namespace: 'tools' })
    return performance.now() - started
  }
  // A thousand first, since its first figure is one of the aims.
  const first = new Map([1_000, ...SIZES].map((size) => [size, declare(size)]).reverse() as [number, number][])
  return SIZES.map((tools) => ({
    tools,
    firstMs: first.get(tools) as number,
    warmMs: Math.min(...Array.from({ length: 5 }, () => declare(tools))),
  }))
}
