/** Prints spans with the console exporter of the SDK, so no collector is needed. */
import { createCodeMode, defineTool } from '@glovebox/core'
import { openTelemetry } from '@glovebox/opentelemetry'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { item, PROGRAM, priceOf, stockOf } from './shop.ts'

export async function run(): Promise<string> {
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] })
  provider.register()
  await using codeMode = await createCodeMode({
    sandbox: sharedQuickJS(),
    tools: {
      price: defineTool({ description: 'The price of a piece.', inputSchema: item, execute: priceOf }),
      stock: defineTool({ description: 'How many pieces there are.', inputSchema: item, execute: stockOf }),
    },
    telemetry: openTelemetry(),
  })
  const result = await codeMode.execute(PROGRAM)
  await provider.shutdown()
  return JSON.stringify(result.ok ? result.value : result.error)
}
